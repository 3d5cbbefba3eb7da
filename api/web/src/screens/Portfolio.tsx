import { useCallback, useState } from "react";
import { useAnswer } from "../api/query";
import type { AccountPage, AgeingBucket, PortfolioAnswer, RiskMatrixAnswer, Totals } from "../api/types";
import { accountHref, hrefOf, useAddressState } from "../app/router";
import { columnsOption, rowsOption } from "../charts/bars";
import type { ChartContext } from "../charts/context";
import { Exports } from "../components/Exports";
import { FirstSteps } from "../components/FirstSteps";
import { Loaded } from "../components/states";
import { accountColumns } from "../dossier/AccountList";
import { AgeingFigure } from "../dossier/AgeingFigure";
import { count, dateTime, money, moneyShort, percent } from "../format";
import { Figure } from "../parts/Figure";
import { type Column, PlainTable } from "../parts/PlainTable";
import { Section } from "../parts/Section";
import { RiskMatrix } from "../portfolio/RiskMatrix";
import { field, tell } from "../words/tell";

const REFRESH_MS = 10_000;
const GROUPS = ["by_grade", "by_industry", "by_country", "by_manager", "by_currency"] as const;

/** The whole book: totals, where the danger sits, and how it is spread. */
export default function Portfolio() {
  const portfolio = useAnswer<PortfolioAnswer>("/portfolio", {}, { everyMs: REFRESH_MS });
  const matrix = useAnswer<RiskMatrixAnswer>("/portfolio/risk-matrix", {}, { everyMs: REFRESH_MS });
  const [cell, setCell] = useAddressState("cell");
  return (
    <div className="screen">
      <Loaded answer={portfolio}>
        {(book) => (
          <>
            <header className="screen-head">
              <h1>{tell("portfolio")}</h1>
              <span className="dim">
                {tell("valued_in", { currency: book.currency })}
                {book.as_of.at_ms > 0 && ` · ${tell("as_of_time", { at: dateTime(book.as_of.at_ms) })}`}
              </span>
            </header>
            {book.as_of.at_ms === 0 && <FirstSteps />}
            <BookTotals book={book} />
            <div className="parts">
              <Section title={tell("risk_matrix")} wide>
                <Loaded answer={matrix}>
                  {(found) => <RiskMatrix matrix={found} chosen={cell} onChoose={setCell} />}
                </Loaded>
                {cell ? <AccountsOfCell cell={cell} /> : <p className="dim">{tell("matrix_hint")}</p>}
              </Section>
              <Concentration book={book} />
              <div className="stack">
                <Section title={tell("ageing")}>
                  <AgeingFigure buckets={book.ageing as AgeingBucket[]} currency={book.currency} />
                </Section>
                <Utilisation book={book} />
              </div>
              <Groups book={book} />
            </div>
          </>
        )}
      </Loaded>
    </div>
  );
}

function BookTotals({ book }: { book: PortfolioAnswer }) {
  const { total, currency } = book;
  const used = total.limit_minor > 0 ? Math.floor((total.net_exposure_minor * 10_000) / total.limit_minor) : null;
  const late = total.exposure_minor > 0 ? Math.floor((total.overdue_minor * 10_000) / total.exposure_minor) : null;
  const numbers: [name: string, value: string, note: string][] = [
    [tell("accounts"), count(total.accounts), total.unvalued ? tell("without_rate", { count: total.unvalued }) : ""],
    [field("exposure_minor"), moneyShort(total.exposure_minor, currency), ""],
    [field("net_exposure_minor"), moneyShort(total.net_exposure_minor, currency), ""],
    [
      field("limit_minor"),
      moneyShort(total.limit_minor, currency),
      used === null ? "" : tell("used_share", { share: percent(used) }),
    ],
    [
      field("overdue_minor"),
      moneyShort(total.overdue_minor, currency),
      late === null ? "" : tell("share_of_exposure", { share: percent(late) }),
    ],
    [tell("expected_loss"), moneyShort(total.expected_loss_minor, currency), ""],
  ];
  return (
    <dl className="numbers">
      {numbers.map(([name, value, note]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            {value} {note ? <small className="dim">{note}</small> : null}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function AccountsOfCell({ cell }: { cell: string }) {
  const query = { cell, sort: "-net_exposure_minor", limit: 50 };
  const answer = useAnswer<AccountPage>("/accounts", query, { everyMs: REFRESH_MS });
  return (
    <Loaded answer={answer}>
      {(page) => (
        <>
          <p className="table-head">
            <strong>{tell("accounts_of_cell", { cell, count: count(page.total ?? page.accounts.length) })}</strong>{" "}
            <Exports path="/accounts" query={{ cell, sort: query.sort }} />{" "}
            <a href={hrefOf(["accounts"], { cell })}>{tell("open_as_list")}</a>
          </p>
          <PlainTable
            caption={tell("accounts")}
            rows={page.accounts}
            columns={accountColumns()}
            rowKey={(row) => row.account_id}
          />
        </>
      )}
    </Loaded>
  );
}

function Concentration({ book }: { book: PortfolioAnswer }) {
  const { concentration, currency } = book;
  const option = useCallback(
    (context: ChartContext) => {
      const bars = concentration.map((one) => ({ name: one.name ?? one.account_id, value: one.net_exposure_minor }));
      return rowsOption(bars, context.money, context);
    },
    [concentration],
  );
  const together = concentration.reduce((sum, one) => sum + one.share_bp, 0);
  return (
    <Section
      title={tell("concentration")}
      aside={
        concentration.length > 0 ? (
          <span className="dim">{tell("top_together", { share: percent(together) })}</span>
        ) : null
      }
    >
      <Figure
        label={tell("concentration")}
        option={option}
        currency={currency}
        height={470}
        rows={concentration}
        columns={[
          {
            key: "account",
            title: tell("account"),
            cell: (row) => <a href={accountHref(row.account_id)}>{row.name ?? row.account_id}</a>,
          },
          {
            key: "net",
            title: field("net_exposure_minor"),
            number: true,
            cell: (row) => money(row.net_exposure_minor, currency),
          },
          { key: "share", title: tell("share_of_book"), number: true, cell: (row) => percent(row.share_bp) },
        ]}
        rowKey={(row) => row.account_id}
      />
    </Section>
  );
}

function Utilisation({ book }: { book: PortfolioAnswer }) {
  const { utilisation, currency } = book;
  const option = useCallback(
    (context: ChartContext) =>
      columnsOption(
        utilisation.map((bar) => ({ name: rangeOf(bar), value: bar.accounts, grave: gravity(bar.from_bp) })),
        context.number,
        context,
      ),
    [utilisation],
  );
  return (
    <Section title={tell("utilisation_spread")}>
      <Figure
        label={tell("utilisation_spread")}
        option={option}
        currency={null}
        height={190}
        rows={utilisation.some((bar) => bar.accounts > 0) ? utilisation : []}
        columns={[
          { key: "range", title: field("utilisation_bp"), cell: rangeOf },
          { key: "accounts", title: tell("accounts"), number: true, cell: (row) => count(row.accounts) },
          {
            key: "net",
            title: field("net_exposure_minor"),
            number: true,
            cell: (row) => money(row.net_exposure_minor, currency),
          },
        ]}
        rowKey={(row) => String(row.from_bp)}
      />
    </Section>
  );
}

function rangeOf({ from_bp: from, to_bp: to }: { from_bp: number; to_bp: number | null }): string {
  return to === null ? `≥ ${from / 100} %` : `${from / 100}–${to / 100} %`;
}

function gravity(fromBp: number): number {
  return fromBp < 8_000 ? 0 : Math.min(1, (fromBp - 7_000) / 3_000);
}

function Groups({ book }: { book: PortfolioAnswer }) {
  const [group, setGroup] = useState<(typeof GROUPS)[number]>("by_grade");
  const rows = book[group];
  const columns = groupColumns(group, book.currency);
  return (
    <Section
      title={tell("made_up_of")}
      wide
      aside={
        <>
          <fieldset className="choice" aria-label={tell("made_up_of")}>
            {GROUPS.map((name) => (
              <button
                key={name}
                type="button"
                className="small"
                aria-pressed={name === group}
                onClick={() => setGroup(name)}
              >
                {tell(name)}
              </button>
            ))}
          </fieldset>
          <Exports path="/portfolio/groups" query={{ by: group.replace("by_", "") }} />
        </>
      }
    >
      <PlainTable caption={tell(group)} rows={rows} columns={columns} rowKey={(row) => row.key ?? ""} />
    </Section>
  );
}

const FILTER_OF: Partial<Record<(typeof GROUPS)[number], string>> = {
  by_grade: "grade",
  by_industry: "industry",
  by_country: "country",
  by_manager: "manager",
};

function nameOfGroup(group: (typeof GROUPS)[number], key: string | null): string {
  if (key === null) return tell("not_known");
  return group === "by_industry" ? field(key) : key;
}

function groupColumns(group: (typeof GROUPS)[number], base: string): Column<Totals>[] {
  const amount = (
    name: "exposure_minor" | "net_exposure_minor" | "limit_minor" | "overdue_minor" | "expected_loss_minor",
  ) => ({
    key: name,
    title: name === "expected_loss_minor" ? tell("expected_loss") : field(name),
    number: true,
    cell: (row: Totals) => money(row[name], group === "by_currency" ? row.key : base),
  });
  return [
    {
      key: "key",
      title: tell(group),
      cell: (row) => {
        const filter = FILTER_OF[group];
        const name = nameOfGroup(group, row.key);
        if (row.key === null || filter === undefined) return name;
        return <a href={hrefOf(["accounts"], { [filter]: row.key })}>{name}</a>;
      },
    },
    {
      key: "accounts",
      title: tell("accounts"),
      number: true,
      cell: (row) => count(row.accounts),
    },
    amount("net_exposure_minor"),
    { key: "share", title: tell("share_of_book"), number: true, cell: (row) => percent(row.share_bp) },
    amount("limit_minor"),
    amount("overdue_minor"),
    amount("expected_loss_minor"),
  ];
}
