import { expect, test } from "vitest";
import { fill } from "./fill";

test("one is told as one", () => {
  const sentence = "{count} {count|order waits|orders wait}";
  expect(fill(sentence, { count: "1" })).toBe("1 order waits");
  expect(fill(sentence, { count: 0 })).toBe("0 orders wait");
  expect(fill(sentence, { count: "1,204" })).toBe("1,204 orders wait");
});

test("what is not given stays as it is", () => {
  expect(fill("{over} over limit ({utilisation})", { over: "2.00 EUR" })).toBe("2.00 EUR over limit ({utilisation})");
});
