import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { businessNow, dayFromNow, dayInForce, isNothingHeard, noteTime } from "./businessTime";

const MONDAY = Date.parse("2026-11-23T10:00:00Z");
const FRIDAY = Date.parse("2026-11-20T17:00:00Z");

beforeAll(() => {
  vi.useFakeTimers();
  vi.setSystemTime(MONDAY);
});
afterAll(() => {
  vi.useRealTimers();
});

test("the day in force of a played market follows its last closed one, whatever this machine's clock says", () => {
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

test("an order that came on Friday has waited over the weekend, though nothing came since", () => {
  noteTime(FRIDAY);
  expect(businessNow() - FRIDAY).toBe(MONDAY - FRIDAY);
  expect(dayInForce({ at_ms: FRIDAY, business_date: "2026-11-19" })).toBe("2026-11-23");
});
