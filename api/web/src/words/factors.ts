/** Factors of the score in words, and what they gave or lost. */
import type { Reason } from "../api/types";
import { day } from "../format";
import { settings } from "../settings";
import generated from "./generated.json";
import { tell } from "./tell";

const factors: Record<string, Record<string, string>> = generated.factors;
const ofRatios: Record<string, Record<string, string>> = generated.factors_of_ratios;
const ASSESSMENT = /^assessment\./;

/** What a factor is called, undefined for a name that is no factor's. */
export function knownFactor(name: string): string | undefined {
  const own = factors[settings().language] ?? {};
  const isOfRatio = Object.keys(ofRatios[settings().language] ?? {}).some((ending) => name.endsWith(ending));
  return name in own || isOfRatio || ASSESSMENT.test(name) ? factorInWords(name) : undefined;
}

/** What a factor is called; one of a ratio's trend or place among its peers after the ratio. */
export function factorInWords(factor: string): string {
  const { language } = settings();
  for (const [ending, pattern] of Object.entries(ofRatios[language] ?? {})) {
    if (factor.endsWith(ending)) return pattern.replace("{ratio}", factorInWords(factor.slice(0, -ending.length)));
  }
  return factors[language]?.[factor] ?? factor.replace(ASSESSMENT, "").replaceAll("_", " ");
}

/** A reason of a score: how many points of how many its factor gave, and why not more; undefined for other reasons. */
export function scoreReasonInWords(reason: Reason): string | undefined {
  const code = String(reason.code);
  if (!code.startsWith("score_factor")) return undefined;
  const values = {
    factor: factorInWords(String(reason.factor)),
    points: Number(reason.points),
    most: Number(reason.points_most),
    lost: Number(reason.points_lost),
    on: day(typeof reason.on === "string" ? reason.on : null),
  };
  if (code === "score_factor_missing") return tell("factor_missing", values);
  return tell(code === "score_factor_outdated" ? "factor_outdated" : "factor_gave", values);
}

/** What moved a score since it was told last: `bureau score +12`. */
export function movedInWords(moved: { factor: string; before?: number | null; points?: number | null }): string {
  const change = (moved.points ?? 0) - (moved.before ?? 0);
  return `${factorInWords(moved.factor)} ${change > 0 ? "+" : change < 0 ? "−" : "±"}${Math.abs(change)}`;
}
