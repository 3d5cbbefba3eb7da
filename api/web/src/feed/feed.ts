/** The page's one feed, and how components listen to it. */
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import type { FeedEvent } from "../api/types";
import { type CaughtUp, FeedClient, type FeedState } from "./client";

export const feed = new FeedClient(["alerts", "decisions"]);

/** Take in what the ledger answered to a command, as if the feed had said it already: `decisions` of one record. */
export function noteAnswered(
  answered: { account_id?: string | null; ledger?: { partition: number; seq: number } | null; at_ms?: number | null },
  decisions: readonly Record<string, unknown>[],
): void {
  const { account_id, ledger, at_ms } = answered;
  if (!ledger) return;
  const epoch = feed.epochOf(ledger.partition);
  const told = decisions.map((decision, n) => {
    const topic = String(decision.type).startsWith("alert_") ? "alerts" : "decisions";
    return {
      topic,
      event: { account_id, at_ms, ledger: { ...ledger, epoch, n }, ...decision },
    } as unknown as FeedEvent;
  });
  feed.tellAnswered(told);
}

export function useFeedState(): FeedState {
  return useSyncExternalStore(feed.onState, feed.state);
}

/** Call the handler with each batch of events while the component is on the screen. */
export function useFeedEvents(handler: (events: readonly FeedEvent[]) => void): void {
  const latest = useRef(handler);
  latest.current = handler;
  useEffect(() => feed.onEvents((events) => latest.current(events)), []);
}

/** Call the handler after each cut; where events were missing everything has to be read anew. */
export function useCaughtUp(handler: (caughtUp: CaughtUp) => void): void {
  const latest = useRef(handler);
  latest.current = handler;
  useEffect(() => feed.onCaughtUp((caughtUp) => latest.current(caughtUp)), []);
}

/** A number that changes when the feed has said something that the test wants, at most every `pauseMs`.
 *
 * Give it to `useAnswer` as `version`, so that a list is read again when it is no longer what it was. */
export function useFeedVersion(wanted: (event: FeedEvent) => boolean, pauseMs = 2_000): number {
  const [version, setVersion] = useState(0);
  const timer = useRef<number | undefined>(undefined);
  const later = () => {
    timer.current ??= window.setTimeout(() => {
      timer.current = undefined;
      setVersion((before) => before + 1);
    }, pauseMs);
  };
  useFeedEvents((events) => {
    if (events.some(wanted)) later();
  });
  useCaughtUp(later);
  useEffect(() => () => window.clearTimeout(timer.current), []);
  return version;
}
