import type { Fields } from "../api/answers";
import type { PolicyAnswer } from "../api/types";
import { count, money, percent } from "../format";
import { knownFactor } from "../words/factors";
import { policyText } from "../words/policyTexts";
import { field, tell } from "../words/tell";
import { shared } from "../words/words";
import type { ValueWords } from "./readable";

/** How a policy's values are written in the chosen language; its amounts are in its own currency. */
export function valueWords(currency: string): ValueWords {
  return {
    money: (minor) => money(minor, currency),
    percent,
    days: (days) => tell("days_count", { count: count(days) }),
    number: count,
    text: policyText,
    word: (name) => shared("roles", name) ?? shared("causes", name) ?? knownFactor(name) ?? field(name),
  };
}

/** Returns the currency that a policy's amounts are in, "" before it is known. */
export function currencyOf(answer: PolicyAnswer | undefined): string {
  const currency = (answer?.policy as Fields | undefined)?.currency;
  return typeof currency === "string" ? currency : "";
}

/** Returns what a field of a policy is called; one that nobody has a word for is shown as it is written there. */
export function fieldOfPolicy(name: string): string {
  return shared("causes", name) ?? field(name);
}
