import type { Fields } from "../api/answers";
import { Empty } from "../components/states";
import { PlainTable } from "../parts/PlainTable";
import { inUnit } from "../trail/decisions";
import { field } from "../words/tell";

const CODED = new Set(["kind", "event", "does", "outcome", "state", "status", "effect"]);

/** Rows whose columns are their own fields, by name and unit; what no row has is no column. */
export function RecordTable({
  caption,
  rows,
  currency,
}: {
  caption: string;
  rows: readonly Fields[];
  currency: string;
}) {
  if (rows.length === 0) return <Empty />;
  const names = columnsOf(rows);
  return (
    <PlainTable
      caption={caption}
      rows={rows}
      columns={names.map((name) => ({
        key: name,
        title: field(name),
        number: rows.some((row) => typeof row[name] === "number"),
        cell: (row: Fields) => cellOf(name, row, currency),
      }))}
      rowKey={(_, at) => String(at)}
    />
  );
}

/** Returns the fields that at least one row has a value for, in their order; a currency goes with its amount. */
export function columnsOf(rows: readonly Fields[]): string[] {
  const names = new Set(rows.flatMap((row) => Object.keys(row)));
  const hasAmount = [...names].some((name) => name.endsWith("_minor") || AMOUNTS.has(name));
  return [...names].filter((name) => !(name === "currency" && hasAmount) && rows.some((row) => !isEmpty(row[name])));
}

/** Amounts that rows of the dossier name without their unit. */
const AMOUNTS = new Set(["amount", "value", "received", "first_loss", "outstanding"]);

function cellOf(name: string, row: Fields, currency: string): string {
  const value = row[name];
  const own = typeof row.currency === "string" ? row.currency : currency;
  if (CODED.has(name) && typeof value === "string") return field(value);
  if (Array.isArray(value))
    return value.map((one) => (typeof one === "object" ? JSON.stringify(one) : String(one))).join(", ") || "–";
  return inUnit(AMOUNTS.has(name) ? `${name}_minor` : name, value, own);
}

function isEmpty(value: unknown): boolean {
  return (
    value === null ||
    value === undefined ||
    value === "" ||
    value === false ||
    (Array.isArray(value) && value.length === 0)
  );
}
