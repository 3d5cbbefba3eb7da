/** A policy as people read it: sections of single values and tables, each value with the unit that its name says. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type Document = { [name: string]: Json };

export type Unit = "money" | "percent" | "days" | "count" | "words" | "text";

export interface Value {
  path: string;
  name: string;
  unit: Unit;
  value: Json;
}

export interface Table {
  path: string;
  name: string;
  columns: { name: string; unit: Unit }[];
  rows: Document[];
}

export interface Section {
  name: string;
  values: Value[];
  tables: Table[];
}

/** Indicators whose lines are in basis points; the lines of all others are days, points or counts. */
const IN_BASIS_POINTS = new Set(["utilisation", "overdue_share", "concentration", "order_volume"]);
const IN_DAYS = new Set(["oldest_overdue", "payment_delay", "payment_drift", "cover_expiring"]);

/** Returns the unit that a field's name says, within the indicator it belongs to where its lines share one name. */
export function unitOf(name: string, within = ""): Unit {
  if (name === "at_bp" || name === "clear_below_bp") {
    if (IN_DAYS.has(within)) return "days";
    return IN_BASIS_POINTS.has(within) ? "percent" : "count";
  }
  if (name.endsWith("_minor")) return "money";
  if (name.endsWith("_bp")) return "percent";
  if (name.endsWith("_days") || name === "net_days") return "days";
  return TEXTS.has(name) ? "text" : "words";
}

/** Fields that hold what somebody wrote, which is shown as it is. */
const TEXTS = new Set(["name", "currency", "measure", "text", "reason", "provider", "grade"]);

/** Returns a policy's sections in the order they have, single values of the policy itself first under "policy". */
export function sectionsOf(policy: Document): Section[] {
  const own: Section = { name: "policy", values: [], tables: [] };
  const sections = [own];
  for (const [name, value] of Object.entries(policy)) {
    if (isDocument(value) || isTable(value)) sections.push(sectionOf(name, value));
    else own.values.push(namedValue(name, name, value));
  }
  return sections.filter((section) => section.values.length > 0 || section.tables.length > 0);
}

function sectionOf(name: string, content: Json): Section {
  const section: Section = { name, values: [], tables: [] };
  if (name === "risk_matrix" && isDocument(content)) return matrixSection(section, content);
  if (name === "warnings" && isDocument(content)) return warningSection(section, content);
  fill(section, name, name, content);
  return section;
}

function fill(section: Section, path: string, name: string, content: Json): void {
  if (isTable(content)) {
    section.tables.push(tableOf(path, name, content));
  } else if (isDocument(content)) {
    for (const [inner, value] of Object.entries(content)) fill(section, `${path}.${inner}`, inner, value);
  } else {
    section.values.push(namedValue(path, name, content));
  }
}

/** All warnings are two tables: lines on numbers, and what warns by happening. */
function warningSection(section: Section, content: Document): Section {
  const lines: Document[] = [];
  const occurrences: Document[] = [];
  for (const [cause, value] of Object.entries(content)) {
    if (isDocument(value) && Array.isArray(value.lines)) {
      for (const line of value.lines) {
        if (isDocument(line)) lines.push({ cause, ...line, clear_below_bp: value.clear_below_bp ?? null });
      }
    } else if (isDocument(value) && "level" in value) {
      occurrences.push({ cause, ...value });
    } else {
      fill(section, `warnings.${cause}`, cause, value);
    }
  }
  if (lines.length) section.tables.push(tableOf("warnings.lines", "lines", lines));
  if (occurrences.length) section.tables.push(tableOf("warnings.occurrences", "occurrences", occurrences));
  return section;
}

/** What the table of cells says already. */
const IN_THE_CELLS = new Set(["sizes_minor", "probabilities", "cells"]);

function matrixSection(section: Section, content: Document): Section {
  const sizes = Array.isArray(content.sizes_minor) ? content.sizes_minor : [];
  const groups = Array.isArray(content.probabilities) ? content.probabilities : [];
  const rows = Array.isArray(content.cells) ? content.cells : [];
  const flat = rows.flatMap((row, size) =>
    (Array.isArray(row) ? row : []).flatMap((cell, probability): Document[] =>
      isDocument(cell)
        ? [{ from_minor: size === 0 ? 0 : (sizes[size - 1] ?? 0), grades: groups[probability] ?? [], ...cell }]
        : [],
    ),
  );
  if (flat.length) section.tables.push(tableOf("risk_matrix.cells", "cells", flat));
  for (const [name, value] of Object.entries(content)) {
    if (!IN_THE_CELLS.has(name)) fill(section, `risk_matrix.${name}`, name, value);
  }
  return section;
}

function tableOf(path: string, name: string, rows: Document[]): Table {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return { path, name, columns: names.map((column) => ({ name: column, unit: unitOf(column) })), rows };
}

function namedValue(path: string, name: string, value: Json): Value {
  return { path, name, unit: unitOf(name), value };
}

export function isDocument(value: Json | undefined): value is Document {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTable(value: Json): value is Document[] {
  return Array.isArray(value) && value.length > 0 && value.every(isDocument);
}

/** Returns the unit of the field that a difference's path ends in, such as `limits.grades[A].cap_minor`. */
export function unitAt(path: string): Unit {
  const parts = path.split(".");
  const within = parts.at(-2)?.replace(/\[.*$/, "") === "lines" ? (parts.at(-3) ?? "") : (parts.at(-2) ?? "");
  return unitOf(parts.at(-1) ?? "", within);
}

export interface ValueWords {
  money: (minor: number) => string;
  percent: (bp: number) => string;
  days: (days: number) => string;
  number: (value: number) => string;
  word: (name: string) => string;
  text: (text: string) => string;
}

/** Returns a value in words; what is null is switched off. */
export function told(value: Json | undefined, unit: Unit, words: ValueWords): string {
  if (value === null || value === undefined) return words.word("off");
  if (typeof value === "boolean") return words.word(value ? "yes" : "no");
  if (typeof value === "number") {
    if (unit === "money") return words.money(value);
    if (unit === "percent") return words.percent(value);
    if (unit === "days") return words.days(value);
    return words.number(value);
  }
  if (typeof value === "string") return unit === "text" ? words.text(value) : words.word(value);
  if (Array.isArray(value)) {
    return value.map((one) => (Array.isArray(one) ? pair(one, unit, words) : told(one, unit, words))).join(", ");
  }
  return Object.entries(value)
    .filter(([, inner]) => inner !== null && !(Array.isArray(inner) && inner.length === 0))
    .map(([name, inner]) => `${words.word(name)} ${told(inner, unitOf(name), words)}`)
    .join(", ");
}

/** A step of a scale: what it begins at, and what that gives. */
function pair(values: Json[], unit: Unit, words: ValueWords): string {
  return values.map((one) => told(one, unit, words)).join(" → ");
}
