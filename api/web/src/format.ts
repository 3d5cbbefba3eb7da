/** Numbers, money, dates and ages as people of the chosen language and zone write them. */
import { settings } from "./settings";
import generated from "./words/generated.json";

const exponents = generated.exponents as Record<string, number>;
const kept = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat | Intl.RelativeTimeFormat>();

function locale(): string {
  return settings().language === "zh" ? "zh-CN" : "en-GB";
}

function formatOf<T extends Intl.NumberFormat | Intl.DateTimeFormat | Intl.RelativeTimeFormat>(
  name: string,
  make: () => T,
): T {
  const key = `${locale()}/${settings().timeZone}/${name}`;
  let found = kept.get(key);
  if (found === undefined) {
    found = make();
    kept.set(key, found);
  }
  return found as T;
}

/** Minor units as an amount with its currency after it: `27,000.00 EUR`; "–" where there is no number. */
export function money(minor: number | null | undefined, currency: string | null | undefined): string {
  if (minor === null || minor === undefined) return "–";
  const places = exponents[currency ?? ""] ?? 2;
  const format = formatOf(
    `money${places}`,
    () => new Intl.NumberFormat(locale(), { minimumFractionDigits: places, maximumFractionDigits: places }),
  );
  const text = format.format(minor / 10 ** places);
  return currency ? `${text} ${currency}` : text;
}

/** Minor units in whole major units, for narrow columns; what is exact stands beside or in the title. */
export function moneyWhole(minor: number | null | undefined, currency: string | null | undefined): string {
  if (minor === null || minor === undefined) return "–";
  const places = exponents[currency ?? ""] ?? 2;
  const format = formatOf("whole", () => new Intl.NumberFormat(locale(), { maximumFractionDigits: 0 }));
  const text = format.format(minor / 10 ** places);
  return currency ? `${text} ${currency}` : text;
}

/** Minor units in few characters, for strips and axes: `1.2M EUR`, 万 and 亿 in Chinese. */
export function moneyShort(minor: number | null | undefined, currency: string | null | undefined): string {
  if (minor === null || minor === undefined) return "–";
  const places = exponents[currency ?? ""] ?? 2;
  const format = formatOf(
    "short",
    () => new Intl.NumberFormat(locale(), { notation: "compact", maximumSignificantDigits: 3 }),
  );
  const text = format.format(minor / 10 ** places);
  return currency ? `${text} ${currency}` : text;
}

/** Minor units as a plain number of major units, for charts. */
export function major(minor: number, currency: string): number {
  return minor / 10 ** (exponents[currency] ?? 2);
}

/** What a person typed as major units, in minor units; null where it is no amount of that currency. */
export function minorOf(text: string, currency: string): number | null {
  const places = exponents[currency] ?? 2;
  const plain = text.replaceAll(/[\s,，']/g, "");
  if (!/^\d+(\.\d+)?$/.test(plain)) return null;
  const [whole = "0", fraction = ""] = plain.split(".");
  if (fraction.length > places) return null;
  return Number(whole + fraction.padEnd(places, "0"));
}

export function count(value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  return formatOf("count", () => new Intl.NumberFormat(locale(), { maximumFractionDigits: 0 })).format(value);
}

/** Basis points as a percentage with one decimal. */
export function percent(basisPoints: number | null | undefined): string {
  if (basisPoints === null || basisPoints === undefined) return "–";
  const format = formatOf(
    "percent",
    () => new Intl.NumberFormat(locale(), { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 }),
  );
  // Rounded down, as on the terminal: 99.99 % is not yet the limit.
  return format.format(Math.floor(basisPoints / 10) / 1000);
}

function zoned(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormatOptions {
  return settings().timeZone ? { ...options, timeZone: settings().timeZone } : options;
}

export function dateTime(atMs: number | null | undefined): string {
  if (atMs === null || atMs === undefined) return "–";
  const make = () =>
    new Intl.DateTimeFormat(
      locale(),
      zoned({
        year: "numeric",
        month: "2-digit",
        day: "2-digit",
        hour: "2-digit",
        minute: "2-digit",
        hourCycle: "h23",
      }),
    );
  return formatOf("dateTime", make).format(atMs);
}

export function clock(atMs: number): string {
  const make = () =>
    new Intl.DateTimeFormat(
      locale(),
      zoned({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }),
    );
  return formatOf("clock", make).format(atMs);
}

/** A time in the chosen zone and in UTC, for titles. */
export function dateTimeWithUtc(atMs: number | null | undefined): string {
  if (atMs === null || atMs === undefined) return "";
  return `${dateTime(atMs)}  (${new Date(atMs).toISOString().replace("T", " ").slice(0, 19)} UTC)`;
}

/** An ISO date (`2026-03-02`) as people write it; it has no zone. */
export function day(isoDate: string | null | undefined): string {
  if (!isoDate) return "–";
  const make = () =>
    new Intl.DateTimeFormat(locale(), { year: "numeric", month: "2-digit", day: "2-digit", timeZone: "UTC" });
  const at = Date.parse(`${isoDate}T00:00:00Z`);
  return Number.isNaN(at) ? isoDate : formatOf("day", make).format(at);
}

/** An ISO date in few characters: without its year where that is this one. */
export function dayShort(isoDate: string | null | undefined, thisYear: string): string {
  if (!isoDate) return "–";
  if (!isoDate.startsWith(thisYear)) return day(isoDate);
  const make = () => new Intl.DateTimeFormat(locale(), { day: "numeric", month: "short", timeZone: "UTC" });
  const at = Date.parse(`${isoDate}T00:00:00Z`);
  return Number.isNaN(at) ? isoDate : formatOf("dayShort", make).format(at);
}

const STEPS: [Intl.RelativeTimeFormatUnit & ("second" | "minute" | "hour" | "day"), number][] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1_000],
];

/** How long something has lasted, in its largest unit: `4m`, `3天`. */
export function age(milliseconds: number): string {
  const passed = Math.max(0, milliseconds);
  const [unit, length] = STEPS.find(([, step]) => passed >= step) ?? (["second", 1_000] as const);
  const format = formatOf(
    `age${unit}`,
    () => new Intl.NumberFormat(locale(), { style: "unit", unit, unitDisplay: "narrow", maximumFractionDigits: 0 }),
  );
  return format.format(Math.floor(passed / length));
}

/** A duration of less than a minute with what matters of it: `85 ms`, `2.4 s`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`;
  return milliseconds < 60_000 ? `${(milliseconds / 1_000).toFixed(1)} s` : age(milliseconds);
}
