import { useCallback, useMemo } from "react";
import { useAnswer } from "../api/query";
import type { InvoicePage, PaymentPage } from "../api/types";
import type { ChartContext } from "../charts/context";
import { runningMean, trendOption } from "../charts/trends";
import { Loaded } from "../components/states";
import { count, dateTime, money } from "../format";
import { Figure } from "../parts/Figure";
import { tell } from "../words/tell";
import { settledDays } from "./ageing";

const MEAN_OVER = 10;

/** Days after due at which the last invoices were paid, each as a dot, and their running mean. */
export function PaymentDays({ accountId, version }: { accountId: string; version: number }) {
  const path = `/accounts/${encodeURIComponent(accountId)}`;
  const invoices = useAnswer<InvoicePage>(`${path}/invoices`, { limit: 500 }, { version });
  const payments = useAnswer<PaymentPage>(`${path}/payments`, { limit: 500 }, { version });
  return (
    <Loaded answer={invoices}>
      {(invoiced) => <Loaded answer={payments}>{(paid) => <DaysFigure invoices={invoiced} payments={paid} />}</Loaded>}
    </Loaded>
  );
}

function DaysFigure({ invoices, payments }: { invoices: InvoicePage; payments: PaymentPage }) {
  const settled = useMemo(() => settledDays(invoices.invoices, payments.payments), [invoices, payments]);
  const option = useCallback(
    (context: ChartContext) => {
      const points = settled.map(({ at_ms, days }) => ({ at_ms, value: days }));
      const trends = [
        { name: context.word("chart_each_payment"), points, dots: true },
        { name: context.word("chart_mean_days", { over: MEAN_OVER }), points: runningMean(points, MEAN_OVER) },
      ];
      return trendOption(trends, context.number, context);
    },
    [settled],
  );
  const currencies = useMemo(
    () => new Map(invoices.invoices.map((invoice) => [invoice.invoice_id, invoice.currency])),
    [invoices],
  );
  return (
    <Figure
      label={tell("payment_days")}
      option={option}
      currency={null}
      height={190}
      rows={settled}
      columns={[
        { key: "at", title: tell("paid_on"), cell: (row) => dateTime(row.at_ms).slice(0, 10) },
        { key: "invoice", title: tell("invoice"), cell: (row) => row.invoice_id },
        { key: "days", title: tell("days_late"), number: true, cell: (row) => count(row.days) },
        {
          key: "amount",
          title: tell("paid_amount"),
          number: true,
          cell: (row) => money(row.amount_minor, currencies.get(row.invoice_id) ?? null),
        },
      ]}
      rowKey={(row, at) => `${row.invoice_id}/${at}`}
    />
  );
}
