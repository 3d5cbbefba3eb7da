import type { HistoryEvent } from "../api/types";
import type { ExposureMarker, MarkerGroup } from "../charts/exposure";
import { inUnit, typeInWords } from "../trail/decisions";
import { policyText } from "../words/policyTexts";
import { subjectInWords } from "../words/sentences";
import { field } from "../words/tell";
import { shared, sharedOr } from "../words/words";

const LEVELS = ["notice", "warning", "critical"] as const;

/** Returns the group of what happened, which gives its marker its shape. */
export function groupOf(kind: string): MarkerGroup {
  if (kind.startsWith("alert_")) return "alert";
  if (kind.startsWith("order_")) return "decision";
  if (kind.startsWith("limit_")) return "limit";
  if (kind.includes("written_off") || kind.includes("promise") || kind.includes("payment")) return "money";
  return "standing";
}

/** Returns the marker of something that happened, with what it became in words. */
export function markerOf(event: HistoryEvent, currency: string): ExposureMarker {
  const level = LEVELS.find((known) => known === event.level);
  const name = event.kind.startsWith("alert_")
    ? typeInWords(event.kind)
    : (shared("headings", event.kind) ?? typeInWords(event.kind));
  const text = [name, aboutInWords(event), becameInWords(event, currency)].filter(Boolean).join(" · ");
  return { at_ms: event.at_ms, group: groupOf(event.kind), text, ...(level ? { level } : {}) };
}

function aboutInWords({ kind, subject }: HistoryEvent): string {
  if (kind.startsWith("alert_")) return sharedOr("causes", subject);
  if (kind === "adverse_event_reported") return subjectInWords("adverse_event", subject ?? "");
  return kind === "measure_taken" ? policyText(subject ?? "") : (subject ?? "");
}

function becameInWords({ kind, value }: HistoryEvent, currency: string): string {
  if (/^-?\d+$/.test(value) && kind.startsWith("limit_")) return inUnit("limit_minor", Number(value), currency);
  return LEVELS.some((level) => level === value) ? sharedOr("headings", value) : field(value);
}
