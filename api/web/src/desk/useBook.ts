/** Books of the desk as components see them: read from the api, kept current by the feed, shown a few times a second. */
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { get, type Query } from "../api/client";
import type { AsOf, FeedEvent } from "../api/types";
import { noteTime } from "../feed/businessTime";
import { useCaughtUp, useFeedEvents } from "../feed/feed";
import { onNames } from "../feed/names";

export interface Page {
  next?: string | null;
  total?: number | null;
  as_of: AsOf;
}

export interface Reading {
  loaded: boolean;
  error: Error | null;
  /** How many there are in all, as the api says. */
  total: number | null;
  /** Changes whenever the book did. */
  version: number;
  reload: () => void;
}

const PAGE_ROWS = 500;
const PAGES_MOST = 4;
/** What the feed said so shortly before a list was read may not be in that list yet. */
const UNDER_WAY_MS = 3_000;

interface Book<P> {
  /** `asOfMs` is set where the page is the whole list: when it was read, with some time for what was under way. */
  load: (page: P, asOfMs: number | null) => void;
  /** Whether the list has to be read again for the sake of an event. */
  take: (events: readonly FeedEvent[]) => boolean;
}

/** Read a list into a book and keep it current. `refreshMs` is the pause before it is read again. */
export function useBook<P extends Page>(path: string, query: Query, book: Book<P>, refreshMs: number): Reading {
  const [state, setState] = useState({ loaded: false, error: null as Error | null, total: null as number | null });
  const [version, setVersion] = useState(0);
  const changed = useCallback(() => setVersion((before) => before + 1), []);
  const latest = useRef({ path, query, book });
  latest.current = { path, query, book };
  const timer = useRef<number | undefined>(undefined);
  const reads = useRef(0);

  const reload = useCallback(async () => {
    reads.current += 1;
    const read = reads.current;
    const asked = latest.current;
    const asOfMs = Date.now() - UNDER_WAY_MS;
    try {
      const pages = await readPages<P>(asked.path, asked.query);
      if (read !== reads.current) return;
      const last = pages.at(-1);
      for (const page of pages) {
        noteTime(page.as_of.at_ms);
        const isAll = pages.length === 1 && page.next == null && page.as_of.lag_records === 0;
        asked.book.load(page, isAll ? asOfMs : null);
      }
      setState({ loaded: true, error: null, total: last?.total ?? null });
    } catch (error) {
      if (read === reads.current) setState((before) => ({ ...before, error: error as Error }));
    }
    changed();
  }, [changed]);

  const key = `${path}?${JSON.stringify(query)}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another list is read when what is asked for changes
  useEffect(() => {
    void reload();
  }, [key, reload]);
  const reloadSoon = useCallback(() => {
    if (timer.current !== undefined) return;
    timer.current = window.setTimeout(() => {
      timer.current = undefined;
      void reload();
    }, refreshMs);
  }, [reload, refreshMs]);
  useEffect(() => () => window.clearTimeout(timer.current), []);
  useEffect(() => onNames(changed), [changed]);

  useFeedEvents((events) => {
    for (const { event } of events) noteTime(event.at_ms);
    if (latest.current.book.take(events)) reloadSoon();
    changed();
  });
  useCaughtUp(reloadSoon);
  return { ...state, version, reload };
}

async function readPages<P extends Page>(path: string, query: Query): Promise<P[]> {
  const pages: P[] = [];
  let after: string | null | undefined;
  do {
    const page: P = await get<P>(path, { ...query, after, limit: PAGE_ROWS });
    pages.push(page);
    after = page.next;
  } while (after && pages.length < PAGES_MOST);
  return pages;
}

/** A number that grows once a second, for ages. */
export function useSecond(): number {
  return useSyncExternalStore(everySecond, () => Math.floor(Date.now() / 1_000));
}

function everySecond(listener: () => void): () => void {
  const timer = window.setInterval(listener, 1_000);
  return () => window.clearInterval(timer);
}
