import { useEffect, useState } from "react";
import { get } from "../api/client";
import { useAnswer } from "../api/query";
import type { AccountPage, AccountRow } from "../api/types";
import { accountHref, changeAddress, useRoute } from "../app/router";
import { Exports } from "../components/Exports";
import { FirstSteps } from "../components/FirstSteps";
import { LevelMark, levelOf } from "../components/LevelMark";
import { Loaded } from "../components/states";
import { count, money, percent } from "../format";
import { GradeMark, StatusMark } from "../parts/marks";
import { type Column, PlainTable } from "../parts/PlainTable";
import { field, tell } from "../words/tell";

const FILTERS = ["query", "status", "grade", "level", "manager", "industry", "country", "cell", "sort"] as const;
const CHOICES: Partial<Record<(typeof FILTERS)[number], readonly string[]>> = {
  status: ["active", "prepayment", "suspended", "legal"],
  grade: ["A", "B", "C", "D", "E"],
  level: ["critical", "warning", "notice"],
  sort: [
    "-combined_level",
    "-expected_loss_minor",
    "-net_exposure_minor",
    "-utilisation_bp",
    "-overdue_minor",
    "score",
    "name",
  ],
};
const MOST_DANGEROUS = "-combined_level";

/** All accounts: filters in the address, the most dangerous first. */
export function AccountList() {
  const { query } = useRoute();
  const filters = Object.fromEntries(FILTERS.map((name) => [name, query.get(name) ?? ""]));
  const asked = { ...filters, sort: filters.sort || MOST_DANGEROUS };
  const answer = useAnswer<AccountPage>("/accounts", { ...asked, limit: 100 }, { everyMs: 15_000 });
  return (
    <div className="screen">
      <header className="screen-head">
        <h1>{tell("accounts")}</h1>
        <div className="part-aside">
          <Exports path="/accounts" query={asked} />
        </div>
      </header>
      <AccountFilters filters={filters} />
      <Loaded answer={answer}>{(page) => <Rows key={JSON.stringify(asked)} page={page} asked={asked} />}</Loaded>
    </div>
  );
}

function AccountFilters({ filters }: { filters: Record<string, string> }) {
  const others = FILTERS.filter((name) => name !== "query" && !(name in CHOICES) && filters[name]);
  return (
    <search className="list-filters">
      <QueryField value={filters.query ?? ""} />
      {Object.entries(CHOICES).map(([name, values]) => (
        <label key={name}>
          <span>{tell(`filter_by_${name}` as "filter_by_status")}</span>
          <select value={filters[name]} onChange={(event) => changeAddress({ [name]: event.target.value })}>
            {name === "sort" ? null : <option value="">{tell("any")}</option>}
            {values.map((value) => (
              <option key={value} value={name === "sort" && value === MOST_DANGEROUS ? "" : value}>
                {name === "sort" ? tell(`sort_${value.replace("-", "")}` as "sort_name") : field(value)}
              </option>
            ))}
          </select>
        </label>
      ))}
      {others.map((name) => (
        <button key={name} type="button" className="chip" onClick={() => changeAddress({ [name]: "" })}>
          {name === "cell"
            ? tell("cell_of_matrix", { cell: filters[name] ?? "" })
            : chipText(name, filters[name] ?? "")}
          <span aria-hidden="true"> ×</span>
          <span className="visually-hidden"> {tell("remove_filter")}</span>
        </button>
      ))}
    </search>
  );
}

function chipText(name: string, value: string): string {
  return `${field(name)}: ${name === "industry" ? field(value) : value}`;
}

const PAUSE_MS = 250;

/** Asks once the person has stopped typing. */
function QueryField({ value }: { value: string }) {
  const [typed, setTyped] = useState(value);
  useEffect(() => {
    if (typed === value) return;
    const timer = window.setTimeout(() => changeAddress({ query: typed }), PAUSE_MS);
    return () => window.clearTimeout(timer);
  }, [typed, value]);
  return (
    <label>
      <span>{tell("find_account")}</span>
      <input type="search" value={typed} onChange={(event) => setTyped(event.target.value)} />
    </label>
  );
}

function Rows({ page, asked }: { page: AccountPage; asked: Record<string, string> }) {
  const [more, setMore] = useState<AccountRow[]>([]);
  const [next, setNext] = useState<string | null | undefined>(undefined);
  const after = next === undefined ? page.next : next;
  const load = async () => {
    const found = await get<AccountPage>("/accounts", { ...asked, limit: 100, after });
    setMore((before) => [...before, ...found.accounts]);
    setNext(found.next);
  };
  const shown = [...page.accounts, ...more];
  if (page.as_of.at_ms === 0) return <FirstSteps />;
  return (
    <>
      <p className="dim" role="status">
        {tell("accounts_found", { shown: count(shown.length), total: count(page.total ?? shown.length) })}
      </p>
      <PlainTable
        caption={tell("accounts")}
        rows={shown}
        columns={accountColumns()}
        rowKey={(row) => row.account_id}
        empty={tell("no_account_matches")}
      />
      {after ? (
        <button type="button" onClick={load}>
          {tell("show_more")}
        </button>
      ) : null}
    </>
  );
}

export function accountColumns(): Column<AccountRow>[] {
  return [
    {
      key: "account",
      title: tell("account"),
      cell: (row) => (
        <span className="account-name">
          <a href={accountHref(row.account_id)}>{row.name ?? row.account_id}</a>{" "}
          <span className="dim">{row.account_id}</span>
        </span>
      ),
    },
    { key: "level", title: tell("level"), cell: (row) => <LevelMark level={levelOf(row.combined_level)} /> },
    { key: "grade", title: field("grade"), cell: (row) => <GradeMark grade={row.grade} /> },
    { key: "status", title: field("status"), cell: (row) => <StatusMark status={row.status} held={row.held} /> },
    {
      key: "net",
      title: field("net_exposure_minor"),
      number: true,
      cell: (row) => money(row.net_exposure_minor, row.currency),
    },
    {
      key: "limit",
      title: field("limit_minor"),
      number: true,
      cell: (row) => (row.unlimited ? field("unlimited") : money(row.limit_minor, row.currency)),
    },
    { key: "used", title: field("utilisation_bp"), number: true, cell: (row) => percent(row.utilisation_bp) },
    {
      key: "overdue",
      title: field("overdue_minor"),
      number: true,
      cell: (row) => money(row.overdue_minor, row.currency),
    },
    { key: "score", title: tell("score"), number: true, cell: (row) => count(row.score) },
    { key: "late", title: tell("late_chance"), number: true, cell: (row) => percent(row.lateness_probability_bp) },
    {
      key: "loss",
      title: tell("expected_loss"),
      number: true,
      cell: (row) => money(row.expected_loss_minor, row.currency),
    },
    { key: "waiting", title: tell("waiting"), number: true, cell: (row) => count(row.waiting_orders) },
    { key: "manager", title: tell("manager"), cell: (row) => row.manager ?? "–" },
  ];
}
