/** The left half of the desk: what is on fire, one row for each account and cause. */

import type { ColDef, RowClassParams, SelectionChangedEvent } from "ag-grid-community";
import { useMemo, useRef, useState } from "react";
import { LEVELS } from "../api/types";
import { useKeys } from "../app/keys";
import { accountHref, changeAddress, goTo, useRoute } from "../app/router";
import { useMay, useSession } from "../app/session";
import { Exports } from "../components/Exports";
import { Grid } from "../components/Grid";
import { LevelMark } from "../components/LevelMark";
import { Empty, Failed, Loading, Stale } from "../components/states";
import { businessNow, isNothingHeard } from "../feed/businessTime";
import { nameOf } from "../feed/names";
import { age, count, dateTimeWithUtc, day, dayShort } from "../format";
import generated from "../words/generated.json";
import { policyText } from "../words/policyTexts";
import { causeInWords, numbersInWords } from "../words/sentences";
import { whose } from "../words/whose";
import { say, sayIfKnown, sharedOr } from "../words/words";
import { type AlertAct, AlertAsking, canDo } from "./alertActions";
import { type AlertGroup, NO_ACCOUNT } from "./alertBook";
import { FilterSelect, SavedFilters } from "./Filters";
import { type AlertFilter, useAlerts } from "./useAlerts";
import { useSecond } from "./useBook";
import { useCursor } from "./useCursor";
import { useNarrow } from "./useNarrow";

const FILTERS = ["level", "cause", "owner_role", "assignee", "state", "account"] as const;
const ACTS: readonly [AlertAct, string][] = [
  ["acknowledge", "a"],
  ["assign", "t"],
  ["snooze", "s"],
  ["close", "c"],
];
const ROLES = Object.keys(generated.en.roles);
const CAUSES = Object.keys(generated.en.causes);
const SELECTION = { mode: "multiRow", enableClickSelection: false } as const;

export function AlertPanel({ active, onActivate }: { active: boolean; onActivate: () => void }) {
  const session = useSession();
  const filter = useFilter();
  const may = useMay();
  const [follow, setFollow] = useState(false);
  const alerts = useAlerts(filter, follow);
  const keys = useMemo(() => alerts.rows.map((group) => group.key), [alerts.rows]);
  const cursor = useCursor(keys);
  const [marked, setMarked] = useState<readonly string[]>([]);
  const [asking, setAsking] = useState<AlertAct | null>(null);
  const grid = useRef<{ toggle: (key: string) => void; clear: () => void } | null>(null);
  const current = alerts.rows.find((group) => group.key === cursor.key) ?? null;
  const chosen =
    marked.length > 0 ? alerts.rows.filter((group) => marked.includes(group.key)) : current ? [current] : [];
  const targetsOf = (act: AlertAct) => chosen.filter((group) => group.alerts.some((alert) => canDo(act, alert)));
  const ask = (act: AlertAct) => {
    if (targetsOf(act).length > 0 && may("handle_alerts")) setAsking(act);
  };

  useKeys(
    active
      ? {
          j: () => cursor.move(1),
          k: () => cursor.move(-1),
          Enter: () => open(current),
          x: () => cursor.key && grid.current?.toggle(cursor.key),
          n: alerts.show,
          ...Object.fromEntries(ACTS.map(([act, key]) => [key, () => ask(act)])),
        }
      : { n: alerts.show },
  );

  return (
    <section
      className={active ? "panel half half-active" : "panel half"}
      aria-label={say("desk_alerts")}
      onPointerDown={onActivate}
    >
      <header>
        <h2>{say("desk_alerts")}</h2>
        <span className="dim">{count(alerts.rows.length)}</span>
        {alerts.loaded && <Pill fresh={alerts.fresh} gone={alerts.gone} onShow={alerts.show} />}
        <span className="grow" />
        <label className="check small" title={say("follow")}>
          <input type="checkbox" checked={follow} onChange={(event) => setFollow(event.target.checked)} />
          {say("follow_short")}
        </label>
        <Exports path="/alerts" query={{ ...filter }} />
      </header>
      <div className="filters">
        <FilterSelect
          label={say("filter_level")}
          value={filter.level}
          options={[
            ["", say("filter_all_levels")],
            ...LEVELS.map((level) => [level, sayIfKnown(`level_${level}`, level)] as const),
          ]}
          onChange={(level) => changeAddress({ level })}
        />
        <FilterSelect
          label={say("filter_cause")}
          value={filter.cause}
          options={[
            ["", say("filter_all_causes")],
            ...CAUSES.map((cause) => [cause, sharedOr("causes", cause)] as const),
          ]}
          onChange={(cause) => changeAddress({ cause })}
        />
        <FilterSelect
          label={say("filter_role")}
          value={filter.owner_role}
          options={[["", say("filter_all_roles")], ...ROLES.map((role) => [role, sharedOr("roles", role)] as const)]}
          onChange={(owner_role) => changeAddress({ owner_role })}
        />
        <FilterSelect
          label={say("filter_state")}
          value={filter.state}
          options={[
            ["", say("filter_all_states")],
            ...["open", "acknowledged", "snoozed"].map(
              (state) => [state, sayIfKnown(`state_${state}`, state)] as const,
            ),
          ]}
          onChange={(state) => changeAddress({ state })}
        />
        <button
          type="button"
          className="small"
          aria-pressed={filter.assignee === session.actor}
          onClick={() => changeAddress({ assignee: filter.assignee ? "" : session.actor })}
        >
          {say("filter_assignee")}
        </button>
        {filter.account && (
          <button type="button" className="small" aria-pressed="true" onClick={() => changeAddress({ account: "" })}>
            {say("filter_account", { account: nameOf(filter.account) })} ×
          </button>
        )}
        <SavedFilters names={FILTERS} />
      </div>
      {alerts.error && alerts.loaded && <Stale />}
      <div className="half-list">
        {!alerts.loaded && alerts.rows.length === 0 ? (
          alerts.error ? (
            <Failed error={alerts.error} onRetry={alerts.reload} />
          ) : (
            <Loading />
          )
        ) : isNothingHeard() ? (
          <Empty>{say("first_nothing")}</Empty>
        ) : alerts.rows.length === 0 ? (
          <Empty>✓ {say(FILTERS.some((name) => filter[name]) ? "desk_no_alerts_filtered" : "desk_no_alerts")}</Empty>
        ) : (
          <AlertGrid rows={alerts.rows} cursor={cursor} onMarked={setMarked} grid={grid} />
        )}
      </div>
      {alerts.beyond > 0 && <p className="list-note">{say("desk_beyond", { count: count(alerts.beyond) })}</p>}
      <footer className="detail">
        {marked.length > 0 ? (
          <p>
            <strong>{say("desk_selected", { count: marked.length })}</strong>{" "}
            <button type="button" className="small" onClick={() => grid.current?.clear()}>
              {say("desk_clear_marks")}
            </button>
          </p>
        ) : (
          current && <AlertDetail group={current} />
        )}
        <div className="acts">
          {ACTS.map(([act, key]) => (
            <button
              key={act}
              type="button"
              disabled={targetsOf(act).length === 0 || !may("handle_alerts")}
              onClick={() => ask(act)}
            >
              {say(`act_${act}`)} <kbd>{key}</kbd>
            </button>
          ))}
        </div>
      </footer>
      {asking && (
        <AlertAsking
          act={asking}
          groups={targetsOf(asking)}
          onMovedOn={alerts.reload}
          onClose={() => {
            setAsking(null);
            grid.current?.clear();
          }}
        />
      )}
    </section>
  );
}

function useFilter(): AlertFilter {
  const { query } = useRoute();
  const values = FILTERS.map((name) => query.get(name) ?? "").join("\n");
  return useMemo(() => {
    const parts = values.split("\n");
    return Object.fromEntries(FILTERS.map((name, number) => [name, parts[number] ?? ""])) as unknown as AlertFilter;
  }, [values]);
}

function Pill({ fresh, gone, onShow }: { fresh: number; gone: number; onShow: () => void }) {
  if (fresh === 0 && gone === 0) return null;
  const parts = [
    fresh > 0 ? say("desk_new", { count: count(fresh) }) : "",
    gone > 0 ? say("desk_gone", { count: count(gone) }) : "",
  ].filter(Boolean);
  return (
    <button type="button" className="pill" onClick={onShow} data-fresh={fresh}>
      ↑ {parts.join(" · ")} — {say("desk_show")} <kbd>n</kbd>
    </button>
  );
}

interface AlertGridProps {
  rows: readonly AlertGroup[];
  cursor: ReturnType<typeof useCursor>;
  onMarked: (keys: readonly string[]) => void;
  grid: React.RefObject<{ toggle: (key: string) => void; clear: () => void } | null>;
}

function AlertGrid({ rows, cursor, onMarked, grid }: AlertGridProps) {
  useSecond();
  const current = useRef(cursor.key);
  current.current = cursor.key;
  const narrow = useNarrow();
  const columns = useMemo(() => alertColumns(narrow), [narrow]);
  const data = useMemo(() => [...rows], [rows]);
  return (
    <Grid<AlertGroup>
      rowData={data}
      columnDefs={columns}
      getRowId={({ data: group }) => group.key}
      rowSelection={SELECTION}
      selectionColumnDef={{ width: 36, maxWidth: 36 }}
      getRowClass={({ data: group }: RowClassParams<AlertGroup>) => [
        group?.key === current.current ? "row-current" : "",
        group?.gone ? "row-gone" : "",
        group?.head.state === "snoozed" ? "row-quiet" : "",
        `row-${group?.level}`,
      ]}
      onRowClicked={({ data: group }) => group && cursor.set(group.key)}
      onRowDoubleClicked={({ data: group }) => open(group)}
      onSelectionChanged={({ api }: SelectionChangedEvent<AlertGroup>) =>
        onMarked(api.getSelectedRows().map((group) => group.key))
      }
      onGridReady={({ api }) => {
        cursor.gridReady(api);
        grid.current = {
          toggle: (key) => {
            const node = api.getRowNode(key);
            node?.setSelected(!node.isSelected());
          },
          clear: () => api.deselectAll(),
        };
      }}
    />
  );
}

function alertColumns(narrow: boolean): ColDef<AlertGroup>[] {
  return [
    {
      headerName: say("level"),
      width: 90,
      valueGetter: ({ data }) => data?.level,
      cellRenderer: ({ data }: { data?: AlertGroup }) => data && <LevelMark level={data.level} />,
    },
    {
      headerName: say("account"),
      flex: 3,
      minWidth: 100,
      valueGetter: ({ data }) => data && whose(data.accountId),
      tooltipValueGetter: ({ data }) => data?.accountId,
      cellClass: "strong",
    },
    {
      headerName: say("cause"),
      flex: 4,
      minWidth: 120,
      valueGetter: ({ data }) => data && whatInWords(data),
      tooltipValueGetter: ({ data }) => data && `${whatInWords(data)}\n${policyText(data.head.measure)}`,
    },
    {
      headerName: say("owner"),
      width: 98,
      hide: narrow,
      valueGetter: ({ data }) => data && (data.head.assignee ?? sharedOr("roles", data.head.ownerRole)),
      cellClass: ({ data }) => (data?.head.assignee ? "strong" : "dim"),
    },
    {
      headerName: say("age"),
      width: 56,
      cellClass: "number",
      valueGetter: ({ data }) => data && age(businessNow() - data.raisedAtMs),
      tooltipValueGetter: ({ data }) => data && dateTimeWithUtc(data.raisedAtMs),
    },
    {
      headerName: say("due"),
      width: 88,
      valueGetter: ({ data }) => data?.head.dueOn && dayShort(data.head.dueOn, thisYear()),
      tooltipValueGetter: ({ data }) => data?.head.dueOn && day(data.head.dueOn),
      cellClass: ({ data }) => (isLate(data) ? "number problem" : "number"),
    },
  ];
}

/** Go to the account of a group, if it has one. */
function open(group: AlertGroup | null | undefined): void {
  if (group && group.accountId !== NO_ACCOUNT) goTo(accountHref(group.accountId));
}

function thisYear(): string {
  return new Date(businessNow()).toISOString().slice(0, 4);
}

function isLate(group: AlertGroup | undefined): boolean {
  const due = group?.head.dueOn;
  return due != null && due < new Date(businessNow()).toISOString().slice(0, 10);
}

function whatInWords(group: AlertGroup): string {
  const { head } = group;
  const numbers = numbersInWords({ ...head, cleared: group.gone });
  const more = group.alerts.length > 1 ? ` (${group.alerts.length})` : "";
  return `${causeInWords(head)}${numbers ? ` ${numbers}` : ""}${more}`;
}

function AlertDetail({ group }: { group: AlertGroup }) {
  const { head } = group;
  return (
    <div className="detail-text">
      <p>
        <LevelMark level={group.gone ? null : group.level} />{" "}
        {group.accountId === NO_ACCOUNT ? (
          <strong>{whose(NO_ACCOUNT)}</strong>
        ) : (
          <a href={accountHref(group.accountId)}>
            <strong>{nameOf(group.accountId)}</strong>
          </a>
        )}{" "}
        <span className="dim">{group.accountId}</span>
        {group.alerts.length > 1 && <span className="tag">{say("desk_events", { count: group.alerts.length })}</span>}
      </p>
      <p>{whatInWords(group)}</p>
      <p className="dim">
        → {sharedOr("roles", head.ownerRole)}: {policyText(head.measure)}
        {head.dueOn && ` · ${say("due")} ${day(head.dueOn)}`}
        {head.assignee && ` · ${say("desk_now_with", { name: head.assignee })}`}
        {head.state === "acknowledged" && head.handledBy && ` · ${say("desk_seen", { actor: head.handledBy })}`}
        {head.snoozedUntil && ` · ${say("desk_quiet", { date: day(head.snoozedUntil) })}`}
        {group.gone && ` · ${sayIfKnown(`state_${head.state}`, head.state)}`}
      </p>
    </div>
  );
}
