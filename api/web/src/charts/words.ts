import { useMemo } from "react";
import { count, moneyShort, percent } from "../format";
import { settings, useSettings } from "../settings";
import { field, isScreenWord, tell } from "../words/tell";
import type { ChartContext } from "./context";

/** How charts of one currency write numbers and words in the chosen language. */
export function useChartWords(currency: string | null): Omit<ChartContext, "palette"> {
  const { language, timeZone } = useSettings();
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is returned writes in the language and zone
  return useMemo(
    () => ({
      money: (minor: number) => moneyShort(minor, currency),
      percent,
      number: count,
      day: shortDay,
      word: (key: string, values?: Record<string, string | number>) =>
        isScreenWord(key) ? tell(key, values) : field(key),
    }),
    [currency, language, timeZone],
  );
}

function shortDay(atMs: number): string {
  const { language, timeZone } = settings();
  return new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en-GB", {
    day: "numeric",
    month: "short",
    ...(timeZone ? { timeZone } : {}),
  }).format(atMs);
}
