import { DEEDS } from "../acting/deeds";
import { useAnswer } from "../api/query";
import type { InvoicePage, InvoiceRow, OrderPage, OrderRow, PaymentPage, PaymentRow } from "../api/types";
import { useAddressState } from "../app/router";
import { useMay } from "../app/session";
import { Exports } from "../components/Exports";
import { Loaded } from "../components/states";
import { count, dateTime, day, money } from "../format";
import { ChoiceSelect } from "../parts/ChoiceSelect";
import { StateMark } from "../parts/marks";
import { type Column, PlainTable } from "../parts/PlainTable";
import { Section } from "../parts/Section";
import { reasonInWords, rolesInWords } from "../words/sentences";
import { field, tell } from "../words/tell";
import type { Act, FaceProps } from "./DossierScreen";

const STATES = ["waiting", "released", "rejected", "closed", "new"];

/** The account's orders: those that wait with their reasons and what to do about them, then the others. */
export function OrdersTab({ account, version, act }: FaceProps) {
  const [state, setState] = useAddressState("state");
  const path = `/accounts/${encodeURIComponent(account.account_id)}/orders`;
  const query = { state };
  const answer = useAnswer<OrderPage>(path, { ...query, limit: 200 }, { version });
  return (
    <Section
      title={tell("tab_orders")}
      wide
      aside={
        <>
          <ChoiceSelect
            label={field("state")}
            any
            choices={STATES}
            chosen={state}
            onChange={setState}
            nameOf={(name) => field(name === "new" ? "unanswered" : name)}
          />
          <Exports path={path} query={query} />
        </>
      }
    >
      <Loaded answer={answer}>
        {(page) => (
          <PlainTable
            caption={tell("tab_orders")}
            rows={page.orders.toSorted(waitingFirst)}
            columns={orderColumns(act)}
            rowKey={(row) => `${row.order_id}/${row.seller_id ?? ""}`}
          />
        )}
      </Loaded>
    </Section>
  );
}

/** Those that wait for somebody are first, the others stay as they are. */
function waitingFirst(one: OrderRow, other: OrderRow): number {
  return Number(other.state === "waiting") - Number(one.state === "waiting");
}

const WEIGHTS: Record<string, "good" | "warning" | "critical" | "none"> = {
  waiting: "warning",
  released: "good",
  rejected: "critical",
};

function orderColumns(act: Act): Column<OrderRow>[] {
  return [
    {
      key: "order",
      title: tell("order_number"),
      cell: (row) => (
        <>
          <strong>{row.order_id}</strong>
          {row.document_no ? <div className="dim">{row.document_no}</div> : null}
        </>
      ),
    },
    {
      key: "state",
      title: field("state"),
      cell: (row) => (
        <StateMark
          state={row.state === "new" ? (row.answer === null ? "unanswered" : "nothing_left") : row.state}
          weight={WEIGHTS[row.state] ?? "none"}
        />
      ),
    },
    { key: "amount", title: tell("amount"), number: true, cell: (row) => money(row.amount_minor, row.currency) },
    { key: "why", title: tell("why"), cell: (row) => <OrderReasons order={row} /> },
    {
      key: "headroom",
      title: tell("headroom_before_after"),
      number: true,
      cell: (row) => (
        <>
          {money(row.headroom_before_minor, row.account_currency)}
          <div className="dim">→ {money(row.headroom_after_minor, row.account_currency)}</div>
        </>
      ),
    },
    { key: "since", title: tell("since"), tight: true, cell: (row) => dateTime(row.since_at_ms) },
    {
      key: "act",
      title: tell("what_to_do"),
      cell: (row) => (row.state === "waiting" ? <OrderDeeds order={row} act={act} /> : null),
    },
  ];
}

function OrderReasons({ order }: { order: OrderRow }) {
  const waits = order.approval ? tell("waits_for", { roles: rolesInWords(order.approval.needs) }) : "";
  return (
    <ul className="reasons">
      {order.reasons.map((reason, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: reasons have no other name than their rank
        <li key={at}>{reasonInWords(reason, order.account_currency)}</li>
      ))}
      {waits ? <li className="dim">{waits}</li> : null}
    </ul>
  );
}

function OrderDeeds({ order, act }: { order: OrderRow; act: Act }) {
  const may = useMay();
  if (!may(DEEDS.release.needs)) return null;
  const given = { order_id: order.order_id, ...(order.seller_id ? { seller_id: order.seller_id } : {}) };
  const what = `${tell("order_number")} ${order.order_id} · ${money(order.amount_minor, order.currency)}`;
  return (
    <span className="row-deeds">
      <button
        type="button"
        className="small primary"
        onClick={() => act("release", { given, what, version: order.version })}
      >
        {tell("deed_release")}
      </button>
      <button type="button" className="small" onClick={() => act("reject", { given, what, version: order.version })}>
        {tell("deed_reject")}
      </button>
    </span>
  );
}

export function InvoicesTab({ account, version }: FaceProps) {
  const path = `/accounts/${encodeURIComponent(account.account_id)}/invoices`;
  const answer = useAnswer<InvoicePage>(path, { limit: 200 }, { version });
  return (
    <Section title={tell("tab_invoices")} wide aside={<Exports path={path} query={{}} />}>
      <Loaded answer={answer}>
        {(page) => (
          <PlainTable
            caption={tell("tab_invoices")}
            rows={page.invoices}
            columns={invoiceColumns()}
            rowKey={(row, at) => `${row.invoice_id}/${at}`}
          />
        )}
      </Loaded>
    </Section>
  );
}

function invoiceColumns(): Column<InvoiceRow>[] {
  return [
    { key: "invoice", title: tell("invoice_number"), cell: (row) => <strong>{row.invoice_id}</strong> },
    {
      key: "state",
      title: field("state"),
      cell: (row) => (
        <StateMark
          state={row.overdue_minor > 0 ? "overdue" : row.state}
          weight={
            row.overdue_minor > 0
              ? row.overdue_days > 30
                ? "critical"
                : "warning"
              : row.state === "settled"
                ? "good"
                : "none"
          }
        />
      ),
    },
    { key: "amount", title: tell("amount"), number: true, cell: (row) => money(row.amount_minor, row.currency) },
    { key: "open", title: tell("open_amount"), number: true, cell: (row) => money(row.open_minor, row.currency) },
    {
      key: "disputed",
      title: field("disputed_minor"),
      number: true,
      cell: (row) => (row.disputed_minor ? money(row.disputed_minor, row.currency) : "–"),
    },
    { key: "issued", title: field("issued_on"), cell: (row) => day(row.issued_on) },
    { key: "due", title: field("due_on"), cell: (row) => day(row.due_on) },
    {
      key: "late",
      title: tell("days_overdue"),
      number: true,
      cell: (row) => (row.overdue_days > 0 ? count(row.overdue_days) : "–"),
    },
  ];
}

export function PaymentsTab({ account, version }: FaceProps) {
  const path = `/accounts/${encodeURIComponent(account.account_id)}/payments`;
  const answer = useAnswer<PaymentPage>(path, { limit: 200 }, { version });
  return (
    <Section title={tell("tab_payments")} wide aside={<Exports path={path} query={{}} />}>
      <Loaded answer={answer}>
        {(page) => (
          <PlainTable
            caption={tell("tab_payments")}
            rows={page.payments}
            columns={paymentColumns()}
            rowKey={(row, at) => `${row.kind}/${row.payment_id}/${at}`}
          />
        )}
      </Loaded>
    </Section>
  );
}

function paymentColumns(): Column<PaymentRow>[] {
  return [
    { key: "id", title: tell("payment"), cell: (row) => <strong>{row.payment_id}</strong> },
    { key: "kind", title: field("kind"), cell: (row) => field(row.kind) },
    {
      key: "state",
      title: field("state"),
      cell: (row) => (
        <StateMark
          state={row.state}
          weight={row.state === "cleared" ? "good" : row.state === "reversed" ? "critical" : "notice"}
        />
      ),
    },
    { key: "amount", title: tell("amount"), number: true, cell: (row) => money(row.amount_minor, row.currency) },
    { key: "dated", title: field("dated_on"), cell: (row) => day(row.dated_on) },
    {
      key: "applied",
      title: tell("pays"),
      cell: (row) =>
        row.applied.map((part) => `${part.invoice_id} ${money(part.amount_minor, row.currency)}`).join(", ") || "–",
    },
    {
      key: "unapplied",
      title: field("unapplied_minor"),
      number: true,
      cell: (row) => (row.unapplied_minor ? money(row.unapplied_minor, row.currency) : "–"),
    },
  ];
}
