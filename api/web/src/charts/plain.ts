import type { ChartContext } from "./context";

/** A context for tests and for what needs no theme: words are their keys, numbers are as they are. */
export const plain: ChartContext = {
  palette: {
    text: "rgb(1, 1, 1)",
    text2: "rgb(2, 2, 2)",
    line: "rgb(3, 3, 3)",
    surface: "rgb(4, 4, 4)",
    accent: "rgb(0, 0, 255)",
    critical: "rgb(255, 0, 0)",
    warning: "rgb(255, 128, 0)",
    notice: "rgb(0, 128, 255)",
    good: "rgb(0, 255, 0)",
    series: ["rgb(0, 0, 255)", "rgb(6, 6, 6)", "rgb(7, 7, 7)", "rgb(8, 8, 8)"],
  },
  money: (minor) => String(minor),
  percent: (bp) => `${bp / 100} %`,
  number: (value) => String(value),
  day: (atMs) => String(atMs),
  word: (key) => key,
};
