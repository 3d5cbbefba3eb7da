import { expect, test } from "vitest";
import { csvOf } from "./csv";

const columns = [
  { key: "name", title: "Name", cell: (row: { name: string; amount: number }) => row.name },
  { key: "amount", title: "Amount", cell: () => null, text: (row: { amount: number }) => row.amount },
];

test("quotes, commas and line ends are quoted, and numbers stay numbers", () => {
  const rows = [{ name: 'A "B", C', amount: -5 }];
  expect(csvOf(rows, columns)).toBe('\ufeffName,Amount\r\n"A ""B"", C",-5\r\n');
});

test("a name that a spreadsheet would take for a formula stays a text", () => {
  expect(csvOf([{ name: "=1+1", amount: 1 }], columns)).toContain("'=1+1");
});
