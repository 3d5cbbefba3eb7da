/** The right half of the desk: which orders wait, why, and what to do. */
import type { ColDef, RowClassParams } from "ag-grid-community";
import { useEffect, useMemo, useRef, useState } from "react";
import { useKeys } from "../app/keys";
import { accountHref, changeAddress, goTo, useRoute } from "../app/router";
import { useMay } from "../app/session";
import { Exports } from "../components/Exports";
import { FirstSteps } from "../components/FirstSteps";
import { Grid } from "../components/Grid";
import { Empty, Failed, Loading, Stale } from "../components/states";
import { toast } from "../components/toasts";
import { businessNow, isNothingHeard } from "../feed/businessTime";
import { nameOf } from "../feed/names";
import { age, count, dateTimeWithUtc, money, moneyWhole } from "../format";
import generated from "../words/generated.json";
import { reasonInWords, rolesInWords } from "../words/sentences";
import { say, sayIfKnown, shared } from "../words/words";
import { FilterSelect } from "./Filters";
import { type OrderAct, OrderAsking } from "./orderActions";
import { headroomIfReleased, reasonsThatHold, type WaitingOrder } from "./orderBook";
import { useSecond } from "./useBook";
import { useCursor } from "./useCursor";
import { useNarrow } from "./useNarrow";
import { type OrderFilter, useOrders } from "./useOrders";

const REASONS_SHOWN = 4;
/** What waits no longer stays so long to be seen, and longer while the pointer is over the list. */
const TIDY_MS = 12_000;
const ACTS: readonly [OrderAct, string][] = [
  ["release", "r"],
  ["refer", "f"],
  ["reject", "d"],
  ["prepayment", "p"],
];
const PERMISSIONS: Record<OrderAct, string> = {
  release: "release_orders",
  refer: "request_approvals",
  reject: "release_orders",
  prepayment: "release_orders",
};
const REASONS = Object.keys(generated.en.reasons).filter((code) => !code.includes("/"));
const SORTS = [
  ["", "sort_oldest"],
  ["-since", "sort_newest"],
  ["-amount", "sort_largest"],
  ["amount", "sort_smallest"],
] as const;

export function OrderPanel({ active, onActivate }: { active: boolean; onActivate: () => void }) {
  const filter = useFilter();
  const may = useMay();
  const orders = useOrders(filter);
  const keys = useMemo(() => orders.rows.map((order) => order.key), [orders.rows]);
  const cursor = useCursor(keys);
  const [asking, setAsking] = useState<OrderAct | null>(null);
  const current = orders.rows.find((order) => order.key === cursor.key) ?? null;
  const isOpen = current !== null && !current.gone;
  const ask = (act: OrderAct) => {
    if (isOpen && may(PERMISSIONS[act])) setAsking(act);
    else if (current?.gone)
      toast("note", say("desk_waits_no_longer", { order: current.document_no ?? current.order_id }));
  };

  useKeys(
    active
      ? {
          j: () => cursor.move(1),
          k: () => cursor.move(-1),
          Enter: () => current && goTo(accountHref(current.account_id)),
          ...Object.fromEntries(ACTS.map(([act, key]) => [key, () => ask(act)])),
        }
      : {},
  );

  const hovered = useRef(false);
  const { gone, tidy } = orders;
  useEffect(() => {
    if (gone === 0 || asking !== null) return;
    const timer = window.setInterval(() => {
      if (!hovered.current) tidy();
    }, TIDY_MS);
    return () => window.clearInterval(timer);
  }, [gone, tidy, asking]);

  const waiting = orders.rows.length - orders.gone;
  const beyond = orders.total !== null && orders.total > waiting ? orders.total : null;
  return (
    <section
      className={active ? "panel half half-active" : "panel half"}
      aria-label={say("desk_orders")}
      onPointerDown={onActivate}
      onPointerEnter={() => {
        hovered.current = true;
      }}
      onPointerLeave={() => {
        hovered.current = false;
      }}
    >
      <header>
        <h2>{say("desk_orders")}</h2>
        <span className="dim">
          {beyond === null ? count(waiting) : say("desk_loaded_of", { count: count(waiting), all: count(beyond) })}
        </span>
        {orders.gone > 0 && (
          <button type="button" className="pill" onClick={orders.tidy}>
            {say("desk_left", { count: count(orders.gone) })} ×
          </button>
        )}
        <span className="grow" />
        <Exports path="/orders" query={{ state: "waiting", ...filter }} />
      </header>
      <div className="filters">
        <FilterSelect
          label={say("filter_reason")}
          value={filter.reason}
          options={[["", say("filter_all_reasons")], ...REASONS.map((code) => [code, reasonName(code)] as const)]}
          onChange={(reason) => changeAddress({ reason })}
        />
        <FilterSelect
          label={say("sort")}
          value={filter.sort}
          options={SORTS.map(([value, word]) => [value, say(word)] as const)}
          onChange={(sort) => changeAddress({ sort })}
        />
        {filter.account && (
          <button type="button" className="small" aria-pressed="true" onClick={() => changeAddress({ account: "" })}>
            {say("filter_account", { account: nameOf(filter.account) })} ×
          </button>
        )}
      </div>
      {orders.error && orders.loaded && <Stale />}
      <div className="half-list">
        {!orders.loaded && orders.rows.length === 0 ? (
          orders.error ? (
            <Failed error={orders.error} onRetry={orders.reload} />
          ) : (
            <Loading />
          )
        ) : isNothingHeard() ? (
          <FirstSteps />
        ) : orders.rows.length === 0 ? (
          <Empty>✓ {say(filter.reason || filter.account ? "desk_no_orders_filtered" : "desk_no_orders")}</Empty>
        ) : (
          <OrderGrid rows={orders.rows} cursor={cursor} />
        )}
      </div>
      <footer className="detail">
        {current && <OrderDetail order={current} />}
        <div className="acts">
          {ACTS.map(([act, key]) => (
            <button
              key={act}
              type="button"
              className={act === "release" ? "primary" : undefined}
              disabled={!isOpen || !may(PERMISSIONS[act])}
              onClick={() => ask(act)}
            >
              {say(`act_${act}`)} <kbd>{key}</kbd>
            </button>
          ))}
        </div>
      </footer>
      {asking && current && (
        <OrderAsking act={asking} order={current} onMovedOn={orders.reload} onClose={() => setAsking(null)} />
      )}
    </section>
  );
}

function useFilter(): OrderFilter {
  const { query } = useRoute();
  const [reason, account, min_minor, sort] = ["reason", "account", "min_minor", "sort"].map(
    (name) => query.get(name) ?? "",
  );
  return useMemo(
    () => ({ reason: reason ?? "", account: account ?? "", min_minor: min_minor ?? "", sort: sort ?? "" }),
    [reason, account, min_minor, sort],
  );
}

/** A reason's words without its numbers, for a list to choose from. */
function reasonName(code: string): string {
  const phrase = shared("reasons", code) ?? code;
  const plain = phrase.replaceAll(/[（(，,:：]?\s*\{\w+\}\s*[）)]?/g, " … ").replaceAll(/( … ?)+/g, " … ");
  return plain.trim();
}

function OrderGrid({ rows, cursor }: { rows: readonly WaitingOrder[]; cursor: ReturnType<typeof useCursor> }) {
  useSecond();
  const current = useRef(cursor.key);
  current.current = cursor.key;
  const narrow = useNarrow();
  const columns = useMemo(() => orderColumns(narrow), [narrow]);
  const data = useMemo(() => [...rows], [rows]);
  return (
    <Grid<WaitingOrder>
      rowData={data}
      columnDefs={columns}
      getRowId={({ data: order }) => order.key}
      getRowClass={({ data: order }: RowClassParams<WaitingOrder>) => [
        order?.key === current.current ? "row-current" : "",
        order?.gone ? "row-gone" : "",
      ]}
      onRowClicked={({ data: order }) => order && cursor.set(order.key)}
      onRowDoubleClicked={({ data: order }) => order && goTo(accountHref(order.account_id))}
      onGridReady={({ api }) => cursor.gridReady(api)}
    />
  );
}

function orderColumns(narrow: boolean): ColDef<WaitingOrder>[] {
  return [
    {
      headerName: say("order"),
      width: narrow ? 96 : 128,
      cellClass: "small",
      valueGetter: ({ data }) => data?.document_no ?? data?.order_id,
      tooltipValueGetter: ({ data }) => data?.order_id,
    },
    {
      headerName: say("account"),
      flex: 2,
      minWidth: 88,
      valueGetter: ({ data }) => data && nameOf(data.account_id),
      tooltipValueGetter: ({ data }) => data?.account_id,
    },
    {
      headerName: say("amount"),
      width: 108,
      cellClass: "number strong",
      headerClass: "number",
      valueGetter: ({ data }) => data && moneyWhole(data.amount_minor, data.currency),
      tooltipValueGetter: ({ data }) => data && money(data.amount_minor, data.currency),
    },
    {
      headerName: say("desk_headroom"),
      headerTooltip: say("desk_headroom_hint"),
      width: narrow ? 80 : 92,
      headerClass: "number",
      cellClass: ({ data }) => (data && (headroomIfReleased(data) ?? 0) < 0 ? "number problem" : "number"),
      valueGetter: ({ data }) => data && moneyWhole(headroomIfReleased(data), ""),
      tooltipValueGetter: ({ data }) => data && headroomInWords(data),
    },
    {
      headerName: say("desk_reasons"),
      flex: 3,
      minWidth: 120,
      valueGetter: ({ data }) => data && whyInWords(data),
      tooltipValueGetter: ({ data }) => data && reasonsOf(data).join("\n"),
    },
    {
      headerName: say("desk_suggestion"),
      width: narrow ? 84 : 98,
      tooltipValueGetter: ({ data }) => data?.suggestion && sayIfKnown(`suggest_${data.suggestion}`, data.suggestion),
      valueGetter: ({ data }) => data?.suggestion && sayIfKnown(`suggest_${data.suggestion}`, data.suggestion),
    },
    {
      headerName: say("column_waiting"),
      width: 68,
      headerClass: "number",
      cellClass: "number",
      valueGetter: ({ data }) => data && age(businessNow() - data.since_at_ms),
      tooltipValueGetter: ({ data }) => data && dateTimeWithUtc(data.since_at_ms),
    },
  ];
}

function reasonsOf(order: WaitingOrder): string[] {
  return reasonsThatHold(order).map((reason) => reasonInWords(reason, order.account_currency));
}

function whyInWords(order: WaitingOrder): string {
  if (order.gone) return sayIfKnown(`state_${order.state}`, order.state);
  const reasons = reasonsOf(order);
  const more = reasons.length > 1 ? ` ${say("desk_more_reasons", { count: reasons.length - 1 })}` : "";
  const approval = order.approval
    ? `⧗ ${say("desk_waiting_for_roles", { roles: rolesInWords(order.approval.needs) })} · `
    : "";
  return `${approval}${reasons[0] ?? ""}${more}`;
}

function headroomInWords(order: WaitingOrder): string {
  const [now, later] = [order.headroom_before_minor, headroomIfReleased(order)].map((minor) =>
    money(minor, order.account_currency),
  );
  return say("desk_headroom_words", { now: now ?? "", later: later ?? "" });
}

function OrderDetail({ order }: { order: WaitingOrder }) {
  const reasons = reasonsOf(order);
  return (
    <div className="detail-text">
      <p>
        <strong>{order.document_no ?? order.order_id}</strong>{" "}
        <a href={accountHref(order.account_id)}>
          <strong>{nameOf(order.account_id)}</strong>
        </a>{" "}
        <span className="dim">{order.account_id}</span> · <strong>{money(order.amount_minor, order.currency)}</strong>
        {order.approval && (
          <span className="tag tag-wait">
            ⧗ {say("desk_waiting_for")} ({rolesInWords(order.approval.needs)})
          </span>
        )}
        {order.gone && <span className="tag">{sayIfKnown(`state_${order.state}`, order.state)}</span>}
        {order.effect === "advisory" && <span className="tag">{say("advisory")}</span>}
      </p>
      <p className="dim">
        {headroomInWords(order)}
        {order.limit_minor !== null && ` · ${say("limit")} ${money(order.limit_minor, order.account_currency)}`}
        {order.suggestion &&
          ` · ${say("desk_suggestion")}: ${sayIfKnown(`suggest_${order.suggestion}`, order.suggestion)}`}
      </p>
      <ul className="reasons">
        {reasons.slice(0, REASONS_SHOWN).map((text) => (
          <li key={text}>{text}</li>
        ))}
        {reasons.length > REASONS_SHOWN && (
          <li className="dim">{say("desk_more_reasons", { count: reasons.length - REASONS_SHOWN })}</li>
        )}
      </ul>
    </div>
  );
}
