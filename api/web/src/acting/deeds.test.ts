import { expect, test } from "vitest";
import { DEEDS, deedsFor, filled } from "./deeds";

const amountOf = (text: string) => (/^\d+$/.test(text) ? Number(text) * 100 : null);

test("only what would change something is offered", () => {
  expect(deedsFor({ status: "active", held: false }, () => true)).toContain("suspend");
  expect(deedsFor({ status: "suspended", held: true }, () => true)).toEqual(
    expect.arrayContaining(["reinstate", "lift"]),
  );
  expect(deedsFor({ status: "suspended", held: true }, () => true)).not.toContain("hold");
});

test("what a person may not do is not offered", () => {
  expect(deedsFor({ status: "active", held: false }, (permission) => permission === "write_notes")).toEqual(["note"]);
});

test("nothing is sent without a reason", () => {
  expect(filled(DEEDS.hold, { reason: "  " }, "EUR", amountOf)).toEqual({ wrong: ["reason"] });
});

test("money is read in the currency of the account, and what may be left out is left out", () => {
  expect(filled(DEEDS.request_limit, { limit_minor: "90", reason: "grows" }, "EUR", amountOf)).toEqual({
    fact: { limit_minor: 9000, currency: "EUR", reason: "grows" },
  });
  expect(filled(DEEDS.request_limit, { limit_minor: "a lot", reason: "grows" }, "EUR", amountOf)).toEqual({
    wrong: ["limit_minor"],
  });
});
