import { expect, test } from "vitest";
import { plain } from "./plain";
import { runningMean, trendOption } from "./trends";

test("a running mean takes the last so many values", () => {
  const points = [3, 5, 10, 1].map((value, at_ms) => ({ at_ms, value }));
  expect(runningMean(points, 2).map((point) => point.value)).toEqual([3, 4, 7.5, 5.5]);
});

test("single observations are dots, what holds until the next is a line", () => {
  const points = [{ at_ms: 1, value: 2 }];
  const option = trendOption(
    [
      { name: "each", points, dots: true },
      { name: "mean", points },
    ],
    String,
    plain,
    { min: 0, max: 1000 },
  ) as { series: { type: string }[]; yAxis: { max: number } };
  expect(option.series.map((one) => one.type)).toEqual(["scatter", "line"]);
  expect(option.yAxis.max).toBe(1000);
});
