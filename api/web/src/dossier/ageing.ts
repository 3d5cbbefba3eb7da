import type { AgeingBucket } from "../api/types";

/** Returns the buckets of one currency in order of days; nothing at all where all of them are empty. */
export function bucketsOf(buckets: readonly AgeingBucket[], currency: string): AgeingBucket[] {
  const own = buckets.filter((bucket) => (bucket.currency ?? currency) === currency);
  const inOrder = own.toSorted((one, other) => one.from_days - other.from_days);
  return inOrder.some((bucket) => bucket.amount_minor !== 0) ? inOrder : [];
}

export interface Settled {
  at_ms: number;
  days: number;
  amount_minor: number;
  invoice_id: string;
}

interface Invoiced {
  invoice_id: string;
  due_on: string | null;
}

interface Paid {
  dated_on: string | null;
  state: string;
  applied: readonly { invoice_id: string; amount_minor: number }[];
}

const DAY_MS = 86_400_000;

/** Returns how many days after its due date each part of an invoice was paid, below 0 for early, in order of payment. */
export function settledDays(invoices: readonly Invoiced[], payments: readonly Paid[]): Settled[] {
  const due = new Map(invoices.map((invoice) => [invoice.invoice_id, invoice.due_on]));
  const found = payments
    .filter((payment) => payment.dated_on !== null && payment.state !== "reversed")
    .flatMap((payment) => payment.applied.map((part) => ({ ...part, at_ms: Date.parse(payment.dated_on ?? "") })))
    .flatMap((part) => {
      const dueOn = due.get(part.invoice_id);
      if (!dueOn) return [];
      const days = Math.round((part.at_ms - Date.parse(dueOn)) / DAY_MS);
      return [{ at_ms: part.at_ms, days, amount_minor: part.amount_minor, invoice_id: part.invoice_id }];
    });
  return found.sort((one, other) => one.at_ms - other.at_ms);
}
