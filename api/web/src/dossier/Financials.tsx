import type { Filed, RatioFound } from "../api/answers";
import { Empty } from "../components/states";
import { count, day, money, percent } from "../format";
import { StateMark } from "../parts/marks";
import { PlainTable } from "../parts/PlainTable";
import { Section } from "../parts/Section";
import { field, tell } from "../words/tell";

const TIMES = new Set(["current_ratio", "quick_ratio", "cash_ratio", "debt_to_equity", "interest_cover"]);
const PERIODS = 4;

/** Statements of the last periods beside each other, the ratios that follow, and what Altman's model says. */
export function Financials({ financials }: { financials: Filed["financials"] }) {
  const { statements, ratios, altman } = financials;
  return (
    <>
      <Section title={tell("statements")}>
        <Statements statements={statements} />
      </Section>
      <Section title={field("ratios")}>
        {altman ? (
          <p>
            {field("altman")} {altman.model} {altman.value === null ? "–" : (altman.value / 1000).toFixed(2)}{" "}
            {altman.zone ? <StateMark state={altman.zone} weight={ZONES[altman.zone] ?? "none"} /> : null}
          </p>
        ) : null}
        <PlainTable
          caption={field("ratios")}
          rows={ratios}
          columns={[
            { key: "ratio", title: field("ratio"), cell: (row) => field(row.ratio) },
            {
              key: "value",
              title: field("value"),
              number: true,
              cell: (row) => (row.value === null ? missing(row) : ratioInUnit(row, row.value)),
            },
            { key: "before", title: field("before"), number: true, cell: (row) => ratioInUnit(row, row.before) },
            { key: "change", title: field("change"), number: true, cell: (row) => <Change ratio={row} /> },
          ]}
          rowKey={(row) => row.ratio}
        />
      </Section>
    </>
  );
}

const ZONES: Record<string, "good" | "warning" | "critical"> = { safe: "good", grey: "warning", distress: "critical" };

function Statements({ statements }: { statements: Filed["financials"]["statements"] }) {
  if (statements.length === 0) return <Empty>{tell("no_statements")}</Empty>;
  const shown = statements.slice(-PERIODS).toReversed();
  const items = [...new Set(shown.flatMap((one) => Object.keys(one.items)))];
  return (
    <PlainTable
      caption={tell("statements")}
      rows={items}
      columns={[
        { key: "item", title: field("item"), cell: (item: string) => field(item) },
        ...shown.map((one, at) => ({
          key: `${one.period_end_on}/${at}`,
          title: `${day(one.period_end_on)}${one.audited ? ` · ${tell("audited")}` : ""}`,
          number: true,
          cell: (item: string) => money(one.items[item], one.currency),
        })),
      ]}
      rowKey={(item) => item}
    />
  );
}

function ratioInUnit(ratio: RatioFound, value: number | null): string {
  if (value === null) return "–";
  if (ratio.unit === "days") return count(value);
  return TIMES.has(ratio.ratio) ? `${(value / 10_000).toFixed(2)}×` : percent(value);
}

function missing(ratio: RatioFound) {
  const why = ratio.not_above_zero
    ? tell("item_not_above_zero", { item: field(ratio.not_above_zero) })
    : tell("items_missing", { items: ratio.missing.map(field).join(", ") });
  return <span className="dim">{why}</span>;
}

function Change({ ratio }: { ratio: RatioFound }) {
  if (ratio.change === null || ratio.better === null) return "–";
  return (
    <span className={ratio.better ? "better" : "worse"}>
      <span aria-hidden="true">{ratio.change > 0 ? "▲" : "▼"}</span> {ratioInUnit(ratio, ratio.change)}{" "}
      <span className="visually-hidden">{tell(ratio.better ? "better" : "worse")}</span>
    </span>
  );
}
