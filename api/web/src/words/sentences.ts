/** Reasons, alerts and approvals in words, as `obligor tail` says them. */

import type { Reason } from "../api/types";
import { count, day, money, percent } from "../format";
import { scoreReasonInWords } from "./factors";
import { policyText } from "./policyTexts";
import { subjectWith } from "./subjects";
import { fill, shared, sharedOr } from "./words";

const IN_BASIS_POINTS = new Set(["utilisation", "overdue_share", "order_volume", "concentration"]);
const IN_DAYS = new Set(["oldest_overdue", "payment_delay", "payment_drift"]);
const COUNTED = new Set(["score_weakness", "score_fall", "broken_promises"]);

/** A coded reason with its numbers as a phrase; amounts are in the account's currency. */
export function reasonInWords(reason: Reason, currency: string): string {
  const ofScore = scoreReasonInWords(reason);
  if (ofScore !== undefined) return ofScore;
  const code = String(reason.code);
  const approved = reason.approvers ? shared("reasons", `${code}/approved`) : undefined;
  const phrase = approved ?? shared("reasons", code);
  if (phrase === undefined) return code.replaceAll("_", " ");
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(reason)) {
    values[name.replace(/_minor$/, "")] = valueInWords(name, value, currency);
  }
  for (const name of ["utilisation", "probability", "share"]) {
    const share = reason[`${name}_bp`];
    if (typeof share === "number") values[name] = percent(share);
  }
  if (reason.check) values.check = String(reason.check).replaceAll("_", " ");
  // A number that there is not, such as the share of a limit of zero, leaves the shorter sentence.
  const said = [phrase, shared("reasons", `${code}/short`) ?? ""].map((words) => fill(words, values));
  return said.find((sentence) => sentence && !/\{\w+\}/.test(sentence)) ?? code.replaceAll("_", " ");
}

function valueInWords(name: string, value: unknown, currency: string): string {
  if (name.endsWith("_minor") && typeof value === "number") return money(value, currency);
  if (name.endsWith("_on") && typeof value === "string") return day(value);
  return String(value);
}

/** What an alert is about: `limit used`, `contradicting record invoice I-9`. */
export function causeInWords(alert: { cause: string; subject?: string | null }): string {
  const cause = sharedOr("causes", alert.cause);
  return alert.subject ? `${cause} ${subjectInWords(alert.cause, alert.subject)}` : cause;
}

/** The subject of an alert, its code in words: `invoice I-9` for `invoice/I-9`; an id or a day as it is. */
export function subjectInWords(cause: string, subject: string): string {
  if (cause === "measure_taken") return policyText(subject);
  return subjectWith((key) => shared("subjects", key), cause, subject);
}

/** The numbers of an alert in the unit of its cause: `97.3 %, line 90.0 %`; empty where they say nothing. */
export function numbersInWords(alert: { cause: string; found: number; line: number; cleared?: boolean }): string {
  const { cause } = alert;
  if (!IN_BASIS_POINTS.has(cause) && !IN_DAYS.has(cause) && !COUNTED.has(cause)) return "";
  const sentence = shared("sentences", alert.cleared ? "cleared" : "crossed") ?? "{found}";
  return fill(sentence, { found: inItsUnit(cause, alert.found), line: inItsUnit(cause, alert.line) });
}

/** A number of an alert in the unit of its cause. */
export function inItsUnit(cause: string, value: number): string {
  if (IN_BASIS_POINTS.has(cause)) return percent(value);
  if (IN_DAYS.has(cause)) return fill(shared("sentences", "days") ?? "{count}", { count: count(value) });
  return count(value);
}

/** Roles in words, one after the other. */
export function rolesInWords(roles: readonly string[], inOrder = false): string {
  const between = shared("sentences", inOrder ? "ask/then" : "ask/and") ?? ", ";
  return roles.map((role) => sharedOr("roles", role)).join(between);
}
