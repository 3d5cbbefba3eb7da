import type { Palette } from "../components/Chart";

/** What a chart needs beside its data: colours of the theme, and how numbers, days and words are written. */
export interface ChartContext {
  palette: Palette;
  /** Minor units as money, short enough for an axis. */
  money: (minor: number) => string;
  percent: (bp: number) => string;
  number: (value: number) => string;
  day: (atMs: number) => string;
  word: (key: string, parameters?: Record<string, string | number>) => string;
}

/** Axis, grid and tooltip parts that every chart shares; the tooltip is drawn on the canvas, as the page's policy on styles asks. */
export function frame(context: ChartContext) {
  const { palette } = context;
  return {
    animation: false,
    textStyle: { color: palette.text, fontFamily: "inherit" },
    grid: { left: 12, right: 16, top: 36, bottom: 8, containLabel: true },
    tooltip: tooltip(context),
    legend: { top: 0, left: 0, icon: "roundRect", itemWidth: 14, itemHeight: 8, textStyle: { color: palette.text } },
  };
}

export function tooltip({ palette }: ChartContext) {
  return {
    renderMode: "richText" as const,
    confine: true,
    backgroundColor: palette.surface,
    borderColor: palette.line,
    textStyle: { color: palette.text, fontSize: 12 },
  };
}

export function timeAxis({ palette, day }: ChartContext) {
  return {
    type: "time" as const,
    axisLabel: { color: palette.text2, hideOverlap: true, formatter: (value: number) => day(value) },
    axisLine: { lineStyle: { color: palette.line } },
    axisTick: { show: false },
    splitLine: { show: false },
  };
}

export function valueAxis({ palette }: ChartContext, format: (value: number) => string) {
  return {
    type: "value" as const,
    axisLabel: { color: palette.text2, formatter: (value: number) => format(value) },
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: palette.line } },
  };
}

export function categoryAxis({ palette }: ChartContext, names: string[]) {
  return {
    type: "category" as const,
    data: names,
    axisLabel: { color: palette.text, hideOverlap: true },
    axisLine: { lineStyle: { color: palette.line } },
    axisTick: { show: false },
  };
}
