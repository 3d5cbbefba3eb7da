import type { ReactNode } from "react";
import { tell } from "../words/tell";

export interface Column<Row> {
  key: string;
  title: string;
  cell: (row: Row) => ReactNode;
  /** A number: to the right, digits of one width. */
  number?: boolean;
  /** Never broken over lines, such as a time. */
  tight?: boolean;
}

interface PlainTableProps<Row> {
  caption: string;
  rows: readonly Row[];
  columns: readonly Column<Row>[];
  rowKey: (row: Row, at: number) => string;
  empty?: string;
  /** The caption is for those who do not see the title above. */
  captionHidden?: boolean;
}

/** A table of moderate length: a head, rows, numbers to the right; it scrolls sideways in a narrow place. */
export function PlainTable<Row>({ caption, rows, columns, rowKey, empty, captionHidden = true }: PlainTableProps<Row>) {
  if (rows.length === 0) return <p className="empty">{empty ?? tell("nothing")}</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard
    <section className="table-scroll" aria-label={caption} tabIndex={0}>
      <table className="plain">
        <caption className={captionHidden ? "visually-hidden" : ""}>{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.key} scope="col" className={column.number ? "number" : undefined}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, at) => (
            <tr key={rowKey(row, at)}>
              {columns.map((column) => (
                <td key={column.key} className={column.number ? "number" : column.tight ? "tight" : undefined}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
