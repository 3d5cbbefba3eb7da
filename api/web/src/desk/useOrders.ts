/** The order queue: oldest first; a new one joins at its end, so that nothing jumps under the eye. */
import { useCallback, useMemo, useRef } from "react";
import type { DecisionEvent, FeedEvent, OrderPage } from "../api/types";
import { wantNames } from "../feed/names";
import { OrderBook, type WaitingOrder } from "./orderBook";
import { type Reading, useBook } from "./useBook";

/** The filters that the api has too, under the same names; "" does not restrict. */
export interface OrderFilter {
  reason: string;
  account: string;
  min_minor: string;
  sort: string;
}

export interface ShownOrders extends Reading {
  rows: readonly WaitingOrder[];
  gone: number;
  /** Take out those that wait no longer. */
  tidy: () => void;
}

const REFRESH_MS = 2_000;
const book = new OrderBook();

export function useOrders(filter: OrderFilter): ShownOrders {
  const fits = useCallback((order: WaitingOrder) => orderFits(order, filter), [filter]);
  const access = useMemo(
    () => ({
      load: (page: OrderPage, asOfMs: number | null) => {
        book.load(page.orders, asOfMs === null ? undefined : { asOfMs, fits });
      },
      take: (events: readonly FeedEvent[]) => {
        let concerned = false;
        for (const { topic, event } of events) {
          if (topic === "decisions") concerned = book.take(event as DecisionEvent) || concerned;
        }
        return concerned;
      },
    }),
    [fits],
  );
  const reading = useBook<OrderPage>("/orders", { state: "waiting", ...filter }, access, REFRESH_MS);
  const seen = useRef(new Set<string>());
  const found = [...book.orders.values()].filter(
    (order) => fits(order) && (!order.gone || seen.current.has(order.key)),
  );
  const rows = found.sort(orderOf(filter.sort));
  seen.current = new Set(rows.map(({ key }) => key));
  wantNames(rows.slice(0, 100).map((order) => order.account_id));
  const { reload } = reading;
  const tidy = useCallback(() => {
    book.forgetGone();
    reload();
  }, [reload]);
  return { ...reading, rows, gone: rows.filter(({ gone }) => gone).length, tidy };
}

/** Whether an order matches, as the api would say. */
function orderFits(order: WaitingOrder, filter: OrderFilter): boolean {
  return (
    (filter.reason === "" || order.reasons.some((reason) => reason.code === filter.reason)) &&
    (filter.account === "" || order.account_id === filter.account) &&
    (filter.min_minor === "" || order.amount_minor >= Number(filter.min_minor))
  );
}

function orderOf(sort: string): (one: WaitingOrder, other: WaitingOrder) => number {
  const descending = sort.startsWith("-") ? -1 : 1;
  const value = (order: WaitingOrder) => (sort.endsWith("amount") ? order.amount_minor : order.since_at_ms);
  return (one, other) => descending * (value(one) - value(other)) || (one.key < other.key ? -1 : 1);
}
