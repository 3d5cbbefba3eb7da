import type { EChartsOption } from "echarts";
import { type ChartContext, frame, timeAxis, valueAxis } from "./context";

export interface ExposurePoint {
  at_ms: number;
  exposure_minor: number;
  net_exposure_minor: number;
  limit_minor: number | null;
  overdue_minor: number;
}

export type MarkerGroup = "alert" | "decision" | "limit" | "standing" | "money";

export interface ExposureMarker {
  at_ms: number;
  group: MarkerGroup;
  text: string;
  level?: "notice" | "warning" | "critical";
}

const SHAPES: Record<MarkerGroup, string> = {
  alert: "triangle",
  decision: "diamond",
  limit: "rect",
  standing: "pin",
  money: "circle",
};

/** Returns the last point at or before a time, or undefined before the first; points are in order of time. */
export function pointAt<T extends { at_ms: number }>(points: readonly T[], atMs: number): T | undefined {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const point = points[middle];
    if (point !== undefined && point.at_ms <= atMs) low = middle + 1;
    else high = middle;
  }
  return points[low - 1];
}

/** Returns the chart of exposure against the limit over time, with markers for what happened. */
export function exposureOption(
  points: readonly ExposurePoint[],
  markers: readonly ExposureMarker[],
  context: ChartContext,
): EChartsOption {
  const { palette, money, word } = context;
  const shared = frame(context);
  return {
    ...shared,
    legend: { ...shared.legend, data: legendOf(markers, context) },
    grid: { ...shared.grid, bottom: 44 },
    tooltip: { ...shared.tooltip, trigger: "axis", valueFormatter: (value) => told(value, money) },
    xAxis: timeAxis(context),
    yAxis: valueAxis(context, money),
    dataZoom: [
      { type: "inside", filterMode: "none" },
      {
        type: "slider",
        height: 18,
        bottom: 4,
        filterMode: "none",
        showDetail: false,
        borderColor: palette.line,
        textStyle: { color: palette.text2 },
      },
    ],
    series: [
      line(word("chart.exposure"), points, (point) => point.exposure_minor, palette.accent),
      line(word("chart.net_exposure"), points, (point) => point.net_exposure_minor, palette.series[2], "dashed"),
      line(word("chart.limit"), points, (point) => point.limit_minor, palette.critical, "solid"),
      {
        ...line(word("chart.overdue"), points, (point) => point.overdue_minor, palette.warning),
        areaStyle: { color: palette.warning, opacity: 0.25 },
      },
      ...markerSeries(points, markers, context),
    ],
  };
}

/** Lines are shown by a bar in their colour, markers by their shape. */
function legendOf(markers: readonly ExposureMarker[], { word }: ChartContext) {
  const groups = [...new Set(markers.map((marker) => marker.group))];
  return [
    ...["exposure", "net_exposure", "limit", "overdue"].map((name) => ({ name: word(`chart.${name}`) })),
    ...groups.map((group) => ({ name: word(`chart.group.${group}`), icon: SHAPES[group] })),
  ];
}

function line(
  name: string,
  points: readonly ExposurePoint[],
  value: (point: ExposurePoint) => number | null,
  color: string | undefined,
  type: "solid" | "dashed" = "solid",
) {
  return {
    name,
    type: "line" as const,
    step: "end" as const,
    symbol: "none",
    lineStyle: { width: 2, type },
    itemStyle: { color },
    color,
    data: points.map((point) => [point.at_ms, value(point)]),
  };
}

function markerSeries(points: readonly ExposurePoint[], markers: readonly ExposureMarker[], context: ChartContext) {
  const { palette, word } = context;
  const groups = [...new Set(markers.map((marker) => marker.group))];
  return groups.map((group) => ({
    name: word(`chart.group.${group}`),
    type: "scatter" as const,
    symbol: SHAPES[group],
    symbolSize: 11,
    itemStyle: { color: palette.series[3], borderColor: palette.surface, borderWidth: 1 },
    tooltip: { formatter: "{b}" },
    data: markers
      .filter((marker) => marker.group === group)
      .map((marker) => ({
        name: marker.text,
        value: [marker.at_ms, pointAt(points, marker.at_ms)?.exposure_minor ?? 0],
        ...(marker.level ? { itemStyle: { color: palette[marker.level] } } : {}),
      })),
  }));
}

function told(value: unknown, money: (minor: number) => string): string {
  if (Array.isArray(value)) return told(value[1], money);
  return typeof value === "number" ? money(value) : "–";
}

/** Returns points thinned to at most `most`: the first, the last, and of each stretch its highest and lowest. */
export function thinned<T extends { exposure_minor: number }>(points: readonly T[], most: number): T[] {
  if (points.length <= most) return [...points];
  const stretch = Math.ceil((points.length * 2) / most);
  const kept = new Set<T>();
  for (let start = 0; start < points.length; start += stretch) {
    const part = points.slice(start, start + stretch);
    kept.add(part.reduce((a, b) => (b.exposure_minor > a.exposure_minor ? b : a)));
    kept.add(part.reduce((a, b) => (b.exposure_minor < a.exposure_minor ? b : a)));
  }
  const last = points.at(-1);
  const first = points[0];
  if (first !== undefined) kept.add(first);
  if (last !== undefined) kept.add(last);
  return points.filter((point) => kept.has(point));
}
