/** ECharts in the page's colours; the same option is drawn anew when theme, language or size change. */
import * as echarts from "echarts";
import { useEffect, useRef } from "react";
import { shownTheme, useSettings } from "../settings";

export interface Palette {
  text: string;
  text2: string;
  line: string;
  surface: string;
  accent: string;
  critical: string;
  warning: string;
  notice: string;
  good: string;
  series: string[];
}

/** The colours in force now, as numbers that a canvas understands. */
export function palette(): Palette {
  const probe = document.createElement("span");
  document.body.append(probe);
  const colour = (name: string) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const found = {
    text: colour("text"),
    text2: colour("text-2"),
    line: colour("line"),
    surface: colour("surface"),
    accent: colour("accent"),
    critical: colour("critical"),
    warning: colour("warning"),
    notice: colour("notice"),
    good: colour("good"),
    series: [1, 2, 3, 4, 5, 6].map((number) => colour(`series-${number}`)),
  };
  probe.remove();
  return found;
}

interface ChartProps {
  /** Makes the option from the colours in force. */
  option: (colours: Palette) => echarts.EChartsOption;
  height: number;
  /** What the chart says, for those who do not see it. */
  label: string;
  onClick?: (clicked: echarts.ECElementEvent) => void;
}

export function Chart({ option, height, label, onClick }: ChartProps) {
  const element = useRef<HTMLDivElement>(null);
  const chart = useRef<echarts.ECharts | null>(null);
  const { language } = useSettings();
  const theme = shownTheme();
  const clicked = useRef(onClick);
  clicked.current = onClick;

  useEffect(() => {
    if (element.current === null) return;
    const made = echarts.init(element.current, undefined, { renderer: "canvas" });
    chart.current = made;
    made.on("click", (event) => clicked.current?.(event as echarts.ECElementEvent));
    const resized = new ResizeObserver(() => made.resize());
    resized.observe(element.current);
    return () => {
      resized.disconnect();
      made.dispose();
    };
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: theme and language change what the option says
  useEffect(() => {
    const colours = palette();
    const base: echarts.EChartsOption = {
      animation: false,
      textStyle: { fontFamily: "inherit", color: colours.text },
      color: colours.series,
    };
    chart.current?.setOption({ ...base, ...option(colours) }, { notMerge: true });
  }, [option, theme, language]);

  return <div ref={element} role="img" aria-label={label} className="chart" style={{ height }} />;
}
