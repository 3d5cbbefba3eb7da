/** Names of accounts: from whatever was read, and asked for where an event names an account not met yet. */
import { get } from "../api/client";
import type { AccountRow } from "../api/types";

const ASKED_AT_ONCE = 4;
const KEPT_MOST = 50_000;
const names = new Map<string, string | null>();
const wanted = new Set<string>();
let asking = 0;
const listeners = new Set<() => void>();

export function noteName(accountId: string, name: string | null): void {
  if (names.size >= KEPT_MOST) names.clear();
  names.set(accountId, name);
}

/** The account's name, its id where it has none or it is not known yet. */
export function nameOf(accountId: string): string {
  return names.get(accountId) ?? accountId;
}

/** Ask for the names that are shown and not known; whoever listens is told when they are there. */
export function wantNames(accountIds: Iterable<string>): void {
  for (const accountId of accountIds) if (accountId !== "" && !names.has(accountId)) wanted.add(accountId);
  while (asking < ASKED_AT_ONCE && wanted.size > 0) void askNext();
}

export function onNames(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

async function askNext(): Promise<void> {
  const accountId = wanted.values().next().value;
  if (accountId === undefined) return;
  wanted.delete(accountId);
  asking += 1;
  try {
    const account = await get<AccountRow>(`/accounts/${encodeURIComponent(accountId)}`);
    noteName(accountId, account.name);
  } catch {
    // Its id is shown instead; it is not asked for again before the page is loaded anew.
    noteName(accountId, null);
  }
  asking -= 1;
  for (const listener of listeners) listener();
  wantNames([]);
}
