import { describe, expect, it } from "vitest";
import type { DecisionEvent, OrderRow } from "../api/types";
import { headroomIfReleased, OrderBook, reasonsThatHold } from "./orderBook";

function answer(seq: number, more: Record<string, unknown> = {}): DecisionEvent {
  return {
    type: "order_blocked",
    account_id: "A-1",
    order_id: "O-1",
    order_revision: 1,
    decision_no: seq,
    checkpoint: "order",
    answers: "fact",
    amount_minor: 30_000,
    currency: "EUR",
    reasons: [{ code: "exposure_exceeds_limit", answer: "block" }],
    exposure_minor: 90_000,
    limit_minor: 100_000,
    headroom_before_minor: 10_000,
    headroom_after_minor: 10_000,
    decision_id: `d${seq}`,
    ledger: { epoch: 0, partition: 3, seq, n: 0 },
    effect: "binding",
    policy_id: "p",
    at_ms: seq * 1_000,
    ...more,
  } as unknown as DecisionEvent;
}

function only(book: OrderBook) {
  const [order] = book.orders.values();
  if (order === undefined) throw new Error("expected an order, found none");
  return order;
}

describe("the book of waiting orders", () => {
  it("says what is left if the order is released, not what is left while it waits", () => {
    const book = new OrderBook();
    book.take(answer(1));
    expect(headroomIfReleased(only(book))).toBe(-20_000);
  });

  it("says nothing about headroom in another currency", () => {
    const book = new OrderBook();
    book.take(answer(1, { account_currency: "USD" }));
    expect(headroomIfReleased(only(book))).toBeNull();
  });

  it("takes no notice of a release of an order that it never showed", () => {
    const book = new OrderBook();
    expect(book.take(answer(1, { type: "order_released" }))).toBe(true);
    expect(book.orders.size).toBe(0);
  });

  it("leaves an order that waits no longer where it was", () => {
    const book = new OrderBook();
    book.take(answer(1));
    book.take(answer(2, { type: "order_released" }));
    expect(only(book)).toMatchObject({ gone: true, state: "released", since_at_ms: 1_000 });
  });

  it("knows an order that the desk rejected from one that waits", () => {
    const book = new OrderBook();
    book.take(answer(1));
    book.take(answer(2, { reasons: [{ code: "rejected_by_desk" }] }));
    expect(only(book)).toMatchObject({ gone: true, state: "rejected" });
  });

  it("shows who an order waits for", () => {
    const book = new OrderBook();
    book.take(answer(1));
    const asked = { type: "approval_changed", state: "open", approval_id: "AP-1", needs: ["credit_manager"] };
    book.take(answer(2, asked));
    expect(only(book).approval).toEqual({ approval_id: "AP-1", needs: ["credit_manager"] });
    book.take(answer(3, { ...asked, state: "granted" }));
    expect(only(book).approval).toBeNull();
  });

  it("names what holds the order before what only warns", () => {
    const order = {
      reasons: [
        { code: "review_overdue", answer: "warn" },
        { code: "limit_is_zero", answer: "block" },
      ],
    };
    expect(reasonsThatHold(order as unknown as Parameters<typeof reasonsThatHold>[0]).map(({ code }) => code)).toEqual([
      "limit_is_zero",
      "review_overdue",
    ]);
  });

  it("fills in from the list what the feed does not say", () => {
    const book = new OrderBook();
    book.take(answer(1));
    const { key, place, gone, heardAtMs, ...row } = only(book);
    book.load([{ ...row, account_name: "ACME", suggestion: "release", ledger: "0/3/1/0" } as OrderRow]);
    expect(only(book)).toMatchObject({ account_name: "ACME", suggestion: "release", gone: false });
  });
});
