import { expect, test } from "vitest";
import { bucketsOf, settledDays } from "./ageing";

test("buckets stand in order of days, and those of other currencies are not added up with them", () => {
  const buckets = [
    { from_days: 31, to_days: null, amount_minor: 5, currency: "EUR" },
    { from_days: 0, to_days: 0, amount_minor: 7, currency: "EUR" },
    { from_days: 0, to_days: 0, amount_minor: 9, currency: "USD" },
  ];
  expect(bucketsOf(buckets, "EUR").map((bucket) => bucket.amount_minor)).toEqual([7, 5]);
});

test("nothing open is no picture", () => {
  expect(bucketsOf([{ from_days: 0, to_days: 0, amount_minor: 0, currency: "EUR" }], "EUR")).toEqual([]);
});

test("each part paid counts from the due date of its invoice; a payment that was taken back does not count", () => {
  const invoices = [
    { invoice_id: "I-1", due_on: "2026-03-01" },
    { invoice_id: "I-2", due_on: null },
  ];
  const payments = [
    {
      dated_on: "2026-03-31",
      state: "cleared",
      applied: [
        { invoice_id: "I-1", amount_minor: 10 },
        { invoice_id: "I-2", amount_minor: 10 },
      ],
    },
    { dated_on: "2026-02-20", state: "cleared", applied: [{ invoice_id: "I-1", amount_minor: 5 }] },
    { dated_on: "2026-02-21", state: "reversed", applied: [{ invoice_id: "I-1", amount_minor: 5 }] },
  ];
  expect(settledDays(invoices, payments).map(({ days, amount_minor }) => [days, amount_minor])).toEqual([
    [-9, 5],
    [30, 10],
  ]);
});
