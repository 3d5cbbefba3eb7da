import { tell } from "../words/tell";
import { say } from "../words/words";
import { csvOf } from "./csv";
import type { Column } from "./PlainTable";

interface ExportRowsProps<Row> {
  name: string;
  rows: readonly Row[];
  columns: readonly Column<Row>[];
}

/** A button that saves the rows of a table that the page has put together, as they stand. */
export function ExportRows<Row>({ name, rows, columns }: ExportRowsProps<Row>) {
  const save = () => {
    const url = URL.createObjectURL(new Blob([csvOf(rows, columns)], { type: "text/csv;charset=utf-8" }));
    const link = document.createElement("a");
    link.href = url;
    link.download = `${name}.csv`;
    link.click();
    URL.revokeObjectURL(url);
  };
  return (
    <button type="button" className="small" title={say("export_csv")} onClick={save} disabled={rows.length === 0}>
      CSV<span className="visually-hidden"> {tell("of_table", { name })}</span>
    </button>
  );
}
