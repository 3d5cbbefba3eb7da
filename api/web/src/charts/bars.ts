import type { EChartsOption } from "echarts";
import { type ChartContext, categoryAxis, frame, valueAxis } from "./context";

export interface Bar {
  name: string;
  value: number;
  /** How grave it is from 0 (well) to 1; colours the bar between the accent and the critical colour. */
  grave?: number;
}

/** Returns upright bars, one a name, with their values written above. */
export function columnsOption(
  bars: readonly Bar[],
  format: (value: number) => string,
  context: ChartContext,
): EChartsOption {
  const shared = frame(context);
  return {
    ...shared,
    legend: { show: false },
    grid: { ...shared.grid, top: 26 },
    tooltip: { ...shared.tooltip, trigger: "axis", axisPointer: { type: "shadow" } },
    xAxis: {
      ...categoryAxis(
        context,
        bars.map((bar) => bar.name),
      ),
      axisLabel: { color: context.palette.text, interval: 0, fontSize: 11, overflow: "break", width: 70 },
    },
    yAxis: { ...valueAxis(context, format), minInterval: 1 },
    series: [series(bars, format, context, "top")],
  };
}

/** Returns lying bars from the largest down, for names that are long. */
export function rowsOption(
  bars: readonly Bar[],
  format: (value: number) => string,
  context: ChartContext,
): EChartsOption {
  const shared = frame(context);
  return {
    ...shared,
    legend: { show: false },
    grid: { ...shared.grid, top: 4, right: 96 },
    tooltip: { ...shared.tooltip, trigger: "axis", axisPointer: { type: "shadow" } },
    xAxis: { ...valueAxis(context, format), splitNumber: 3 },
    yAxis: {
      ...categoryAxis(
        context,
        bars.map((bar) => bar.name),
      ),
      inverse: true,
      axisLabel: { color: context.palette.text, width: 150, overflow: "truncate" },
    },
    series: [series(bars, format, context, "right")],
  };
}

function series(
  bars: readonly Bar[],
  format: (value: number) => string,
  { palette }: ChartContext,
  position: "top" | "right",
) {
  return {
    type: "bar" as const,
    barMaxWidth: 42,
    tooltip: { valueFormatter: (value: unknown) => (typeof value === "number" ? format(value) : "–") },
    label: {
      show: bars.length <= 14,
      position,
      color: palette.text,
      fontSize: 11,
      formatter: ({ value }: { value: unknown }) => (typeof value === "number" && value !== 0 ? format(value) : ""),
    },
    data: bars.map((bar) => ({
      value: bar.value,
      itemStyle: { color: mixed(palette.accent, palette.critical, bar.grave ?? 0) },
    })),
  };
}

/** Returns the colour a share of the way from one `rgb(r, g, b)` to another; the first where either is of another form. */
export function mixed(from: string, to: string, share: number): string {
  const one = channels(from);
  const other = channels(to);
  if (one === null || other === null || share <= 0) return from;
  const at = Math.min(share, 1);
  return `rgb(${one.map((value, n) => Math.round(value + ((other[n] ?? value) - value) * at)).join(", ")})`;
}

function channels(color: string): number[] | null {
  const found = /^rgb\((\d+), (\d+), (\d+)\)$/.exec(color.trim());
  return found === null ? null : found.slice(1).map(Number);
}
