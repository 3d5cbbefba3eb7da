import type { EChartsOption } from "echarts";
import { type ChartContext, frame, timeAxis, valueAxis } from "./context";

export interface TrendPoint {
  at_ms: number;
  value: number;
}

export interface Trend {
  name: string;
  points: readonly TrendPoint[];
  dots?: boolean;
  step?: boolean;
}

/** Returns lines over time; with `dots` a series is single observations and no line joins them. */
export function trendOption(
  trends: readonly Trend[],
  format: (value: number) => string,
  context: ChartContext,
  bounds: { min?: number; max?: number } = {},
): EChartsOption {
  const { palette } = context;
  const colors = [palette.accent, ...palette.series.slice(1)];
  const shared = frame(context);
  return {
    ...shared,
    tooltip: {
      ...shared.tooltip,
      trigger: "axis",
      valueFormatter: (value) => (typeof value === "number" ? format(value) : "–"),
    },
    xAxis: timeAxis(context),
    yAxis: { ...valueAxis(context, format), ...bounds },
    series: trends.map((trend, number) => one(trend, colors[number % colors.length] ?? palette.accent)),
  };
}

function one(trend: Trend, color: string) {
  const data = trend.points.map((point) => [point.at_ms, point.value]);
  if (trend.dots) {
    return {
      name: trend.name,
      type: "scatter" as const,
      symbolSize: 5,
      itemStyle: { color, opacity: 0.6 },
      data,
    };
  }
  return {
    name: trend.name,
    type: "line" as const,
    ...(trend.step ? { step: "end" as const } : {}),
    symbol: data.length < 30 ? "circle" : "none",
    symbolSize: 5,
    lineStyle: { width: 2 },
    itemStyle: { color },
    data,
  };
}

/** Returns the mean of the last `over` values at each point, in the order given. */
export function runningMean(points: readonly TrendPoint[], over: number): TrendPoint[] {
  let sum = 0;
  return points.map((point, at) => {
    sum += point.value - (at >= over ? (points[at - over]?.value ?? 0) : 0);
    return { at_ms: point.at_ms, value: sum / Math.min(at + 1, over) };
  });
}
