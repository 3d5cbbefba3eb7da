import { describe, expect, test } from "vitest";
import { exposureOption, pointAt, thinned } from "./exposure";
import { plain } from "./plain";

const points = [1, 2, 3, 5].map((at_ms) => ({
  at_ms,
  exposure_minor: at_ms * 100,
  net_exposure_minor: at_ms * 90,
  limit_minor: at_ms < 3 ? null : 400,
  overdue_minor: 0,
}));

describe("exposure against limit over time", () => {
  test("a point holds until the next one", () => {
    expect(pointAt(points, 0)).toBeUndefined();
    expect(pointAt(points, 4)?.at_ms).toBe(3);
    expect(pointAt(points, 99)?.at_ms).toBe(5);
  });

  test("the limit has a gap where none is set", () => {
    const series = exposureOption(points, [], plain).series as { name: string; data: unknown[][] }[];
    const limit = series.find((one) => one.name === "chart.limit");
    expect(limit?.data.map(([, value]) => value)).toEqual([null, null, 400, 400]);
  });

  test("a marker stands on the exposure of its time, in its own shape and the colour of its level", () => {
    const marker = { at_ms: 4, group: "alert", text: "used up", level: "critical" } as const;
    const series = exposureOption(points, [marker], plain).series as unknown as {
      symbol?: string;
      data: { name: string; value: number[]; itemStyle: { color: string } }[];
    }[];
    const alerts = series.find((one) => one.symbol === "triangle");
    expect(alerts?.data).toEqual([{ name: "used up", value: [4, 300], itemStyle: { color: plain.palette.critical } }]);
  });

  test("thinning keeps ends, peaks and troughs", () => {
    const many = Array.from({ length: 1000 }, (_, at) => ({ exposure_minor: at === 503 ? 9_999 : at % 7 }));
    const few = thinned(many, 100);
    expect(few.length).toBeLessThanOrEqual(102);
    expect(few).toContain(many[503]);
    expect(few[0]).toBe(many[0]);
    expect(few.at(-1)).toBe(many.at(-1));
  });
});
