import { expect, test } from "vitest";
import generated from "./generated.json";
import { subjectWith } from "./subjects";

function said(language: "en" | "zh", cause: string, subject: string): string {
  const words: Record<string, string> = generated[language].subjects;
  return subjectWith((key) => words[key], cause, subject);
}

test("the code of an alert's subject is said in words, its id as it is", () => {
  expect(said("en", "fact_contradicts", "invoice/I-9")).toBe("invoice I-9");
  expect(said("zh", "fact_contradicts", "invoice/I-9")).toBe("发票 I-9");
  expect(said("en", "unchecked_shipment", "delivery")).toBe("at the delivery");
  expect(said("zh", "adverse_event", "lien 2026-03-05")).toBe("财产查封 2026-03-05");
});

test("what has no code in it stays as it is", () => {
  expect(said("zh", "fact_contradicts", "erp/1/7")).toBe("erp/1/7");
  expect(said("zh", "fact_contradicts", "invoice/")).toBe("invoice/");
  expect(said("zh", "review_due", "2026-03-05")).toBe("2026-03-05");
});
