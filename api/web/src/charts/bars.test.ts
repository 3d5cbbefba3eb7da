import { expect, test } from "vitest";
import { columnsOption, mixed, rowsOption } from "./bars";
import { plain } from "./plain";

test("a bar's colour goes from the accent to the critical colour with how grave it is", () => {
  expect(mixed("rgb(0, 0, 0)", "rgb(255, 255, 255)", 0)).toBe("rgb(0, 0, 0)");
  expect(mixed("rgb(0, 0, 0)", "rgb(255, 255, 255)", 0.5)).toBe("rgb(128, 128, 128)");
  expect(mixed("rgb(0, 0, 0)", "rgb(255, 255, 255)", 7)).toBe("rgb(255, 255, 255)");
  expect(mixed("teal", "rgb(255, 255, 255)", 0.5)).toBe("teal");
});

test("bars keep their order and carry their values", () => {
  const bars = [
    { name: "not due", value: 5 },
    { name: "1-30", value: 3, grave: 1 },
  ];
  const option = columnsOption(bars, String, plain) as {
    xAxis: { data: string[] };
    series: { data: { value: number; itemStyle: { color: string } }[] }[];
  };
  expect(option.xAxis.data).toEqual(["not due", "1-30"]);
  expect(option.series[0]?.data.map((bar) => [bar.value, bar.itemStyle.color])).toEqual([
    [5, plain.palette.accent],
    [3, plain.palette.critical],
  ]);
});

test("lying bars begin at the top", () => {
  const option = rowsOption([{ name: "ACME", value: 1 }], String, plain) as { yAxis: { inverse: boolean } };
  expect(option.yAxis.inverse).toBe(true);
});
