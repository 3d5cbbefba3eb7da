import { expect, test } from "vitest";
import { sectionsOf, told, unitAt, type ValueWords } from "./readable";

const words: ValueWords = {
  money: (minor) => `EUR ${minor / 100}`,
  percent: (bp) => `${bp / 100} %`,
  days: (days) => `${days} days`,
  number: String,
  word: (name) => name,
  text: (text) => text,
};

const policy = {
  name: "default",
  currency: "EUR",
  checks: { account_unknown: "refer", block_above_utilisation_bp: 15_000 },
  orders: { horizon_days: null, grace_days: { delivery: 3 } },
  overrides: [],
  limits: { automatic: "none", grades: [{ grade: "A", cap_minor: 100 }] },
  risk_matrix: {
    sizes_minor: [500],
    lateness_from_bp: [7_500, 9_000],
    probabilities: [["A"], ["B", "C"]],
    cells: [
      [
        { measure: "look", level: null },
        { measure: "watch", level: null },
      ],
      [
        { measure: "cover", level: null },
        { measure: "leave", level: "warning" },
      ],
    ],
  },
  warnings: {
    utilisation: { clear_below_bp: 500, lines: [{ at_bp: 8_000, level: "notice" }] },
    fact_unreadable: { level: "critical", measure: "mend it" },
    score_fall_days: 180,
  },
};

test("single values come first, and what is empty is no section", () => {
  expect(sectionsOf(policy).map((section) => section.name)).toEqual([
    "policy",
    "checks",
    "orders",
    "limits",
    "risk_matrix",
    "warnings",
  ]);
  expect(sectionsOf(policy)[0]?.values.map((value) => value.name)).toEqual(["name", "currency", "overrides"]);
});

test("each cell of the matrix says from which size and for which grades it is", () => {
  const matrix = sectionsOf(policy).find((section) => section.name === "risk_matrix");
  expect(matrix?.tables[0]?.rows.at(-1)).toEqual({
    from_minor: 500,
    grades: ["B", "C"],
    measure: "leave",
    level: "warning",
  });
});

test("what else the matrix says is shown beside its cells", () => {
  const matrix = sectionsOf(policy).find((section) => section.name === "risk_matrix");
  expect(matrix?.values.map((value) => told(value.value, value.unit, words))).toEqual(["75 %, 90 %"]);
});

test("warnings are one table of lines and one of occurrences", () => {
  const warnings = sectionsOf(policy).find((section) => section.name === "warnings");
  expect(warnings?.tables.map((table) => [table.name, table.rows.length])).toEqual([
    ["lines", 1],
    ["occurrences", 1],
  ]);
  expect(warnings?.values.map((value) => value.path)).toEqual(["warnings.score_fall_days"]);
});

test("what somebody wrote is shown as it is", () => {
  expect(told("default", unitAt("name"), { ...words, word: () => "default elsewhere" })).toBe("default");
});

test("a value is told in the unit that its name says", () => {
  expect(told(15_000, unitAt("checks.block_above_utilisation_bp"), words)).toBe("150 %");
  expect(told(100, unitAt("limits.grades[A].cap_minor"), words)).toBe("EUR 1");
  expect(told(null, unitAt("orders.horizon_days"), words)).toBe("off");
  expect(told(8_000, unitAt("warnings.utilisation.lines[notice].at_bp"), words)).toBe("80 %");
  expect(told(30, unitAt("warnings.oldest_overdue.lines[notice].at_bp"), words)).toBe("30 days");
  expect(told({ broken_promises: 2, level: null, causes: [] }, "words", words)).toBe("broken_promises 2");
  expect(
    told(
      [
        [100, 1000],
        [600, 0],
      ],
      "words",
      words,
    ),
  ).toBe("100 → 1000, 600 → 0");
});
