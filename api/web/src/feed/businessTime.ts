/** What time it is for the facts: the newest time that any answer or event named, going on from there.
 *
 * In a demo a day takes minutes, and in an import years do; ages and dates on the screen go by the facts' own time.
 */
const DAY_MS = 86_400_000;
const QUIET_DAYS_MOST = 4;
let newestAtMs = 0;
let heardAtMs = 0;

export function noteTime(atMs: number | null | undefined): void {
  if (atMs != null && atMs > newestAtMs) {
    newestAtMs = atMs;
    heardAtMs = Date.now();
  }
}

/** Whether no fact has come that an answer could be of. */
export function isNothingHeard(): boolean {
  return newestAtMs === 0;
}

/** Whether facts are of this machine's own time, though the last one is of before the weekend. */
function isOfNow(atMs: number): boolean {
  const behindMs = Date.now() - atMs;
  return behindMs >= 0 && behindMs < QUIET_DAYS_MOST * DAY_MS;
}

/** Milliseconds since 1970; this machine's clock before anything was heard. */
export function businessNow(): number {
  if (newestAtMs === 0 || isOfNow(newestAtMs)) return Date.now();
  return newestAtMs + (Date.now() - heardAtMs);
}

/** The ISO date that an answer is of: the one after the last closed day, or later where a fact told so. */
export function dayInForce(asOf: { at_ms: number; business_date?: string | null }): string {
  const openedAtMs = asOf.business_date ? Date.parse(`${asOf.business_date}T00:00:00Z`) + DAY_MS : 0;
  const toldAtMs = Math.max(asOf.at_ms, openedAtMs);
  return isoDate(isOfNow(toldAtMs) ? Date.now() : toldAtMs);
}

function isoDate(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}

/** The ISO date so many days after today, as the facts see it. */
export function dayFromNow(days: number): string {
  return isoDate(businessNow() + days * DAY_MS);
}
