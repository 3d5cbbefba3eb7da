import { expect, test } from "vitest";
import { heat, matrixRows } from "./matrix";

test("the largest and most dangerous cell is at the top right, and empty cells are there", () => {
  const counts = [{ size: 4, probability: 3, measure: "to the board", accounts: 2, net_exposure_minor: { EUR: 7 } }];
  const rows = matrixRows(counts, { sizes: 4, probabilities: 3 });
  expect(rows.map((row) => row.length)).toEqual([3, 3, 3, 3]);
  expect(rows[0]?.[2]).toMatchObject({ accounts: 2, measure: "to the board", heat: 5 });
  expect(rows[3]?.[0]).toMatchObject({ size: 1, probability: 1, accounts: 0, heat: 1 });
});

test("heat rises both ways", () => {
  expect(heat(1, 1, 4, 3)).toBe(1);
  expect(heat(2, 1, 4, 3)).toBeLessThanOrEqual(heat(2, 2, 4, 3));
  expect(heat(1, 1, 1, 1)).toBe(1);
});

test("a cell that the policy in force does not know is shown too", () => {
  const counts = [{ size: 5, probability: 1, measure: "", accounts: 1, net_exposure_minor: {} }];
  expect(matrixRows(counts, { sizes: 4, probabilities: 3 })).toHaveLength(5);
});
