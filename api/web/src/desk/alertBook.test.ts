import { describe, expect, it } from "vitest";
import type { AlertEvent, AlertRow } from "../api/types";
import { AlertBook, canHandle, groupKey, isAboutModel } from "./alertBook";

function event(seq: number, more: Partial<AlertEvent> = {}): AlertEvent {
  return {
    type: "alert_raised",
    alert_id: "A-1/1",
    account_id: "A-1",
    cause: "utilisation",
    level: "warning",
    found: 9_500,
    line: 9_000,
    measure: "look",
    owner_role: "credit_analyst",
    decision_id: `d${seq}`,
    ledger: { epoch: 0, partition: 3, seq, n: 0 },
    effect: "binding",
    policy_id: "p",
    at_ms: seq * 1_000,
    ...more,
  } as AlertEvent;
}

function row(seq: number, more: Partial<AlertRow> = {}): AlertRow {
  return {
    alert_id: "A-1/1",
    account_id: "A-1",
    account_name: "ACME",
    cause: "utilisation",
    subject: null,
    level: "warning",
    state: "open",
    found: 9_500,
    line: 9_000,
    measure: "look",
    owner_role: "credit_analyst",
    assignee: null,
    due_on: null,
    snoozed_until: null,
    acknowledged: false,
    handled_by: null,
    raised_at_ms: 1_000,
    changed_at_ms: 1_000,
    combined_level: null,
    effect: "binding",
    version: `3-${seq}`,
    ledger: `0/3/${seq}/0`,
    ...more,
  };
}

const GROUP = groupKey({ accountId: "A-1", cause: "utilisation" });
const everything = { asOfMs: Number.POSITIVE_INFINITY, fits: () => true };

describe("the book of alerts", () => {
  it("shows one group for each account and cause, as grave as its gravest", () => {
    const book = new AlertBook();
    book.take(event(1, { subject: "C-1" }));
    book.take(event(2, { alert_id: "A-1/2", subject: "C-2", level: "critical" }));
    book.take(event(3, { alert_id: "A-1/3", cause: "concentration" }));
    expect([...book.groups.values()].map(({ level, alerts }) => [level, alerts.length])).toEqual([
      ["critical", 2],
      ["warning", 1],
    ]);
  });

  it("keeps an alert of no account, of which only those about the model can be handled", () => {
    const book = new AlertBook();
    book.take(event(1, { alert_id: "model/1", account_id: null, cause: "model_drift" }));
    book.take(event(2, { alert_id: "control/0/7", account_id: null, cause: "fact_unsigned" }));
    const known = [...book.groups.values()].map(({ head }) => head);
    expect(known.map((alert) => [alert.accountId, isAboutModel(alert), canHandle(alert)])).toEqual([
      ["", true, true],
      ["", false, false],
    ]);
    expect(isAboutModel({ accountId: "model", alertId: "model/1" })).toBe(false);
  });

  it("believes whichever of list and feed is the newer", () => {
    const book = new AlertBook();
    book.take(event(5, { type: "alert_escalated", level: "critical" }));
    book.load([row(4)]);
    expect(book.groups.get(GROUP)?.level).toBe("critical");
    book.load([row(6, { level: "notice" })]);
    expect(book.groups.get(GROUP)?.level).toBe("notice");
  });

  it("takes an event that is told again, or late, for nothing new", () => {
    const book = new AlertBook();
    book.take(event(5, { type: "alert_cleared" }));
    book.take(event(4, { type: "alert_escalated", level: "critical" }));
    expect(book.groups.get(GROUP)?.gone).toBe(true);
  });

  it("keeps what is gone in its place until it is taken out", () => {
    const book = new AlertBook();
    book.take(event(1));
    book.take(event(2, { type: "alert_handled", did: "closed", actor: "ana" }));
    expect(book.groups.get(GROUP)).toMatchObject({ gone: true, alerts: [] });
    book.forgetGone();
    expect(book.groups.size).toBe(0);
  });

  it("remembers who has it and until when it is quiet", () => {
    const book = new AlertBook();
    book.take(event(1));
    book.take(event(2, { type: "alert_handled", did: "assigned", actor: "ana", owner: "ben" }));
    book.take(
      event(3, { type: "alert_handled", did: "snoozed", actor: "ana", owner: "ben", snoozed_until: "2026-03-05" }),
    );
    expect(book.groups.get(GROUP)?.head).toMatchObject({
      assignee: "ben",
      state: "snoozed",
      snoozedUntil: "2026-03-05",
    });
  });

  it("holds what a whole list leaves out for gone, but not what the feed has just said", () => {
    const book = new AlertBook();
    book.load([row(1)]);
    book.load([], everything);
    expect(book.groups.get(GROUP)?.gone).toBe(true);
    book.take(event(2));
    book.load([], { asOfMs: Date.now() - 3_000, fits: () => true });
    expect(book.groups.get(GROUP)?.gone).toBe(false);
  });
});
