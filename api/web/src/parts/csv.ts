import type { Column } from "./PlainTable";

/** Returns rows as CSV (RFC 4180) with a mark that spreadsheets read as UTF-8; texts that could be formulas are quoted. */
export function csvOf<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const head = columns.map((column) => quoted(column.title));
  const lines = rows.map((row) => columns.map((column) => quoted(textOf(column, row))));
  return `\ufeff${[head, ...lines].map((line) => line.join(",")).join("\r\n")}\r\n`;
}

function textOf<Row>(column: Column<Row>, row: Row): string | number {
  const value = column.text ? column.text(row) : column.cell(row);
  return typeof value === "string" || typeof value === "number" ? value : "";
}

function quoted(value: string | number): string {
  if (typeof value === "number") return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
