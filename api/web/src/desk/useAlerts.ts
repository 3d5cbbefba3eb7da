/** The alert feed: what is shown, and what waits behind the pill so that nothing jumps under the eye. */
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { AlertPage } from "../api/types";
import { wantNames } from "../feed/names";
import { AlertBook, type AlertGroup, LEVEL_RANK, type OpenAlert } from "./alertBook";
import { type Reading, useBook } from "./useBook";

/** The filters that the api has too, under the same names; "" does not restrict. */
export interface AlertFilter {
  level: string;
  cause: string;
  owner_role: string;
  assignee: string;
  state: string;
  account: string;
}

export interface ShownAlerts extends Reading {
  rows: readonly AlertGroup[];
  /** Groups that are not shown yet, and shown ones that are gone. */
  fresh: number;
  gone: number;
  /** Groups that match but are too many to show. */
  beyond: number;
  show: () => void;
}

export const ROWS_MOST = 500;
const REFRESH_MS = 5_000;
const book = new AlertBook();

export function useAlerts(filter: AlertFilter, follow: boolean): ShownAlerts {
  const fits = useCallback((alert: OpenAlert) => alertFits(alert, filter), [filter]);
  const access = useMemo(
    () => ({
      load: (page: AlertPage, asOfMs: number | null) => {
        book.load(page.alerts, asOfMs === null ? undefined : { asOfMs, fits });
      },
      take: (events: readonly { topic: string; event: unknown }[]) => {
        for (const { topic, event } of events)
          if (topic === "alerts") book.take(event as Parameters<AlertBook["take"]>[0]);
        return false;
      },
    }),
    [fits],
  );
  const reading = useBook<AlertPage>("/alerts", { ...filter }, access, REFRESH_MS);
  const [shown, setShown] = useState<readonly string[]>([]);
  const filterShown = useRef<AlertFilter | null>(null);

  const matching = [...book.groups.values()].filter((group) => group.alerts.some(fits));
  const show = useCallback(() => {
    book.forgetGone();
    const keys = [...book.groups.values()].filter((group) => group.alerts.some(fits)).sort(byUrgency);
    setShown(keys.slice(0, ROWS_MOST).map(({ key }) => key));
  }, [fits]);

  // A first list, another filter and an empty list have nothing that could jump.
  const nothingShown = shown.length === 0 && matching.length > 0;
  const begins = reading.loaded && (filterShown.current !== filter || nothingShown);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the version says that the book has changed
  useEffect(() => {
    if (begins || follow) {
      if (reading.loaded) filterShown.current = filter;
      show();
    }
  }, [begins, follow, reading.version, filter, show]);

  const onScreen = new Set(shown);
  const rows = shown.flatMap((key) => {
    const group = book.groups.get(key);
    return group && (group.gone || group.alerts.some(fits)) ? [group] : [];
  });
  const full = rows.length >= ROWS_MOST;
  const fresh = matching.filter(({ key }) => !onScreen.has(key)).length;
  useEffect(() => wantNames(rows.map(({ accountId }) => accountId)));
  return {
    ...reading,
    rows,
    fresh: full ? 0 : fresh,
    beyond: full ? fresh : 0,
    gone: rows.filter((group) => group.gone).length,
    show,
  };
}

function byUrgency(one: AlertGroup, other: AlertGroup): number {
  return LEVEL_RANK[other.level] - LEVEL_RANK[one.level] || other.changedAtMs - one.changedAtMs;
}

/** Whether an alert matches, as the api would say. */
export function alertFits(alert: OpenAlert, filter: AlertFilter): boolean {
  return (
    isOne(filter.level, alert.level) &&
    isOne(filter.cause, alert.cause) &&
    isOne(filter.owner_role, alert.ownerRole) &&
    isOne(filter.assignee, alert.assignee) &&
    isOne(filter.state, alert.state) &&
    isOne(filter.account, alert.accountId)
  );
}

function isOne(wanted: string, found: string | null): boolean {
  return wanted === "" || wanted === found;
}
