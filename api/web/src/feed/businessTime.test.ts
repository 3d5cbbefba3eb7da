import { expect, test } from "vitest";
import { dayFromNow, dayInForce, isNothingHeard, noteTime } from "./businessTime";

test("the day in force follows the last closed one, whatever this machine's clock says", () => {
  const morning = Date.parse("2025-07-11T09:00:00Z");
  const lastMoment = Date.parse("2025-07-10T23:59:59.999Z");
  expect(dayInForce({ at_ms: morning, business_date: "2025-07-10" })).toBe("2025-07-11");
  expect(dayInForce({ at_ms: lastMoment, business_date: "2025-07-10" })).toBe("2025-07-11");
  expect(dayInForce({ at_ms: morning, business_date: null })).toBe("2025-07-11");
});

test("days that are offered count from the facts' own time", () => {
  expect(isNothingHeard()).toBe(true);
  noteTime(0);
  expect(isNothingHeard()).toBe(true);
  noteTime(Date.parse("2025-07-11T09:00:00Z"));
  expect(isNothingHeard()).toBe(false);
  expect(dayFromNow(3)).toBe("2025-07-14");
});
