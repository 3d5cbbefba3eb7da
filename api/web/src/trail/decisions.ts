/** Decisions of the ledger in words: what was decided, of what, with the numbers that matter. */

import type { Fields } from "../api/answers";
import type { Reason } from "../api/types";
import { count, day, money, percent } from "../format";
import { movedInWords } from "../words/factors";
import { policyText } from "../words/policyTexts";
import { causeInWords, inItsUnit, numbersInWords, reasonInWords, rolesInWords } from "../words/sentences";
import { field, isScreenWord, tell } from "../words/tell";
import { fill, shared, sharedOr } from "../words/words";

/** Returns what a decision says as one line: `blocked: order O-7 27,000.00 EUR`. */
export function decisionInWords(decision: Fields, currency: string): string {
  const heading = headingOf(decision);
  const detail = detailOf(decision, text(decision.currency) || currency);
  return detail ? `${heading}: ${detail}` : heading;
}

/** Returns the reasons of a decision in words, gravest first, as the ledger has them. */
export function reasonsOf(decision: Fields, currency: string): string[] {
  const moved = (decision.moved ?? []) as Parameters<typeof movedInWords>[0][];
  if (moved.length > 0) return moved.map(movedInWords);
  // What moved an estimate is in the numbers of the record, not in sentences.
  if (text(decision.type).startsWith("lateness_")) return [];
  const reasons = (decision.reasons ?? decision.because ?? []) as Reason[];
  const own = text(decision.account_currency) || text(decision.currency) || currency;
  return reasons.map((reason) => reasonInWords(reason, own));
}

export function headingOf(decision: Fields): string {
  const type = text(decision.type);
  if (type.startsWith("alert_")) return `${typeInWords(type)} · ${sharedOr("headings", text(decision.level))}`;
  return shared("headings", type) ?? typeInWords(type);
}

/** Returns the name of a type of fact or decision. */
export function typeInWords(type: string | null | undefined): string {
  if (!type) return "–";
  const key = `type_${type}`;
  return isScreenWord(key) ? tell(key) : type.replaceAll("_", " ");
}

function detailOf(decision: Fields, currency: string): string {
  const type = text(decision.type);
  if (type.startsWith("order_")) {
    return fill(sentence("order"), { order_id: decision.order_id, amount: amount(decision.amount_minor, currency) });
  }
  if (type.startsWith("alert_")) return alertInWords(decision);
  return DETAILS[type]?.(decision, currency) ?? "";
}

const DETAILS: Record<string, (decision: Fields, currency: string) => string> = {
  limit_changed: (decision, currency) => {
    const said = decision.unlimited ? "unlimited" : decision.limit_minor === null ? "limit_missing" : "limit";
    const until = decision.temporary_until
      ? ` ${fill(sentence("until"), { temporary_until: day(text(decision.temporary_until)) })}`
      : "";
    return fill(sentence(said), { limit: amount(decision.limit_minor, currency) }) + until;
  },
  status_changed: (decision) =>
    sharedOr("sentences", text(decision.status)) + (decision.held ? `${sentence("separator")}${sentence("held")}` : ""),
  terms_changed: (decision) =>
    decision.net_days === null || decision.net_days === undefined
      ? sentence("terms_missing")
      : fill(sentence("terms"), { net_days: decision.net_days }),
  grade_changed: (decision) => {
    if (!decision.grade) return fill(sentence("grade_missing"), { before: decision.before });
    return fill(sentence(decision.before ? "grade_moved" : "grade"), decision);
  },
  limit_proposed: (decision, currency) =>
    fill(sentence(decision.adopted ? "adopted" : "proposed"), {
      ...decision,
      limit: amount(decision.limit_minor, currency),
    }),
  measure_taken: (decision) => {
    const said = decision.ended ? "measure_ended" : decision.recovers_on ? "measure_recovers" : "measure";
    const does = fill(sentence(said), {
      does: sharedOr("sentences", text(decision.does)),
      recovers_on: day(text(decision.recovers_on)),
    });
    return `${does} · ${policyText(text(decision.measure))}`;
  },
  amount_written_off: (decision, currency) =>
    fill(sentence("written_off"), {
      ...decision,
      amount: amount(decision.amount_minor, currency),
      left: amount(decision.open_minor, currency),
    }),
  approval_changed: (decision, currency) =>
    [
      askedInWords(decision, currency),
      decision.state === "open" ? waitsFor(decision) : field(text(decision.state)),
    ].join(", "),
  promise_settled: (decision, currency) =>
    fill(sentence(text(decision.outcome)), {
      amount: amount(decision.amount_minor, currency),
      received: amount(decision.received_minor, currency),
      pay_by_on: day(text(decision.pay_by_on)),
    }),
  shipment_unchecked: (decision, currency) =>
    `${text(decision.document_id)}, ${fill(sentence("order"), {
      order_id: decision.order_id,
      amount: amount(decision.amount_minor, currency),
    })}`,
  fact_rejected: (decision) => [field(text(decision.code)), text(decision.message)].filter(Boolean).join(": "),
  fact_waits: (decision) => tell("waits_for_document", { kind: field(text(decision.kind)), id: text(decision.id) }),
  lateness_asked: (decision) => {
    const invoice = text(decision.invoice_id);
    if (typeof decision.probability_bp !== "number") return tell("lateness_asked_blind", { invoice });
    return tell("lateness_asked", { invoice, share: percent(decision.probability_bp) });
  },
  lateness_settled: (decision) => {
    const days = Number(decision.days_past_due);
    const said = days < 0 ? "lateness_settled_early" : "lateness_settled";
    return tell(said, { invoice: text(decision.invoice_id), days: count(Math.abs(days)) });
  },
  lateness_known: (decision) =>
    tell(decision.is_late ? "invoice_late" : "invoice_in_time", { invoice: text(decision.invoice_id) }),
  lateness_rated: (decision) => percent(typeof decision.lateness_bp === "number" ? decision.lateness_bp : null),
  account_scored: (decision) => {
    if (decision.points === null) return fill(sentence("score_missing"), decision);
    return fill(sentence(decision.before === undefined ? "score" : "score_moved"), decision);
  },
};

/** Returns what a request asks for: `limit 90,000.00 EUR`, `release of order O-7`. */
export function askedInWords(request: Fields, currency: string): string {
  const subject = sentence(`ask/${text(request.subject)}`);
  const about = [text(request.order_id) || text(request.invoice_id)];
  if (request.unlimited) about.push(sentence("ask/unlimited"));
  else if (request.amount_minor !== null && request.amount_minor !== undefined) {
    about.push(amount(request.amount_minor, text(request.currency) || currency));
  }
  const checks = (request.checks as string[] | undefined) ?? [];
  if (checks.length) about.push(checks.map(field).join(", "));
  return [subject, ...about.filter(Boolean)].join(" ");
}

function waitsFor(decision: Fields): string {
  const roles = rolesInWords((decision.needs as string[] | undefined) ?? [], Boolean(decision.in_order));
  return fill(sentence("ask/open"), { roles });
}

type AlertTold = Parameters<typeof causeInWords>[0] & Parameters<typeof numbersInWords>[0];

function alertInWords(decision: Fields): string {
  const alert = { ...decision, cleared: decision.type === "alert_cleared" } as unknown as AlertTold;
  const numbers = numbersInWords(alert);
  const handled = text(decision.did);
  const said = handled
    ? fill(sentence(handled), {
        actor: decision.actor,
        owner: decision.owner,
        snoozed_until: day(text(decision.snoozed_until)),
      })
    : "";
  return [causeInWords(alert), numbers, said].filter(Boolean).join(sentence("separator"));
}

/** Returns two numbers that were compared as `81.0 % ≥ 80.0 %`, in the unit of an alert's cause. */
export function comparedInWords(cause: string, found: number, line: number): string {
  return `${inItsUnit(cause, found)} ≥ ${inItsUnit(cause, line)}`;
}

/** Returns the numbers of a reason by name, in their units: what was compared, beside the sentence. */
export function numbersOf(reason: Reason, currency: string): [name: string, value: string][] {
  return Object.entries(reason)
    .filter(([name]) => name !== "code" && name !== "answer")
    .map(([name, value]) => [field(name), inUnit(name, value, currency)]);
}

/** Returns a value in the unit that its field's name says. */
export function inUnit(name: string, value: unknown, currency: string | null): string {
  if (value === null || value === undefined || value === "") return "–";
  if (typeof value === "boolean") return field(value ? "yes" : "no");
  if (typeof value === "number") {
    if (name.endsWith("_minor")) return money(value, currency);
    if (name.endsWith("_bp")) return percent(value);
    if (name.endsWith("_centidays")) return count(Math.round(value / 100) || 0);
    return count(value);
  }
  if (typeof value === "string") {
    if (name.endsWith("_on") || name === "valid_from" || name === "valid_until") return day(value);
    return value;
  }
  return JSON.stringify(value);
}

function sentence(key: string): string {
  return shared("sentences", key) ?? key.replaceAll("_", " ");
}

function amount(minor: unknown, currency: string): string {
  return typeof minor === "number" ? money(minor, currency) : "–";
}

function text(value: unknown): string {
  return value === null || value === undefined ? "" : String(value);
}
