/** What time it is for the facts: the newest time that any answer or event named, going on from there.
 *
 * In a demo a day takes minutes, and in an import years do; ages and dates on the screen go by the facts' own time.
 */
let newestAtMs = 0;
let heardAtMs = 0;

export function noteTime(atMs: number | null | undefined): void {
  if (atMs != null && atMs > newestAtMs) {
    newestAtMs = atMs;
    heardAtMs = Date.now();
  }
}

/** Milliseconds since 1970; this machine's clock before anything was heard. */
export function businessNow(): number {
  return newestAtMs === 0 ? Date.now() : newestAtMs + (Date.now() - heardAtMs);
}

/** The ISO date so many days after today, as the facts see it. */
export function dayFromNow(days: number): string {
  return new Date(businessNow() + days * 86_400_000).toISOString().slice(0, 10);
}
