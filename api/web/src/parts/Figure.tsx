import type { EChartsOption } from "echarts";
import { useCallback } from "react";
import type { ChartContext } from "../charts/context";
import { useChartWords } from "../charts/words";
import { Chart, type Palette } from "../components/Chart";
import { Empty } from "../components/states";
import { tell } from "../words/tell";
import { type Column, PlainTable } from "./PlainTable";

interface FigureProps<Row> {
  label: string;
  /** Keeps its identity while the data is the same. */
  option: (context: ChartContext) => EChartsOption;
  currency: string | null;
  height: number;
  rows: readonly Row[];
  columns: readonly Column<Row>[];
  rowKey: (row: Row, at: number) => string;
}

/** A chart and, on demand, the same as a table. */
export function Figure<Row>({ label, option, currency, height, rows, columns, rowKey }: FigureProps<Row>) {
  const words = useChartWords(currency);
  const drawn = useCallback((palette: Palette) => option({ ...words, palette }), [option, words]);
  if (rows.length === 0) return <Empty />;
  return (
    <figure className="figure">
      <Chart option={drawn} height={height} label={label} />
      <details>
        <summary>{tell("as_table")}</summary>
        <PlainTable caption={label} rows={rows} columns={columns} rowKey={rowKey} />
      </details>
    </figure>
  );
}
