import { expect, test } from "vitest";
import { hasRole, roleFor, stepsOf, turnOf } from "./sorting";

const request = {
  state: "open",
  maker: "j.weber",
  needs: ["credit_manager", "finance_director"],
  given: [{ role: "credit_analyst", actor: "a.lee" }],
  in_order: true,
};
const people = { credit_manager: ["m.keller"], finance_director: ["d.stern"] };
const manager = { actor: "m.keller", mayApprove: true, people };
const director = { actor: "d.stern", mayApprove: true, people };

test("with an order only the next role's turn it is, without one everybody's who is needed", () => {
  expect(turnOf(request, manager)).toBe("mine");
  expect(turnOf(request, director)).toBe("others");
  expect(turnOf({ ...request, in_order: false }, director)).toBe("mine");
  expect(roleFor(request, director)).toBeNull();
});

test("whoever asked never decides, and nobody agrees twice", () => {
  expect(turnOf(request, { ...manager, actor: "j.weber" })).toBe("own");
  expect(turnOf(request, { ...manager, actor: "a.lee", people: {} })).toBe("others");
});

test("a role that the policy lists nobody for is had by whoever may approve", () => {
  expect(hasRole("credit_manager", { actor: "n.new", mayApprove: true, people: {} })).toBe(true);
  expect(hasRole("credit_manager", { actor: "n.new", mayApprove: false, people: {} })).toBe(false);
  expect(hasRole("credit_manager", { actor: "n.new", mayApprove: true, people })).toBe(false);
});

test("what is not open is decided", () => {
  expect(turnOf({ ...request, state: "expired" }, manager)).toBe("decided");
});

test("steps are those done and those still to come, with the one that is waited for", () => {
  expect(stepsOf(request).map(({ role, actor, now }) => [role, actor, now])).toEqual([
    ["credit_analyst", "a.lee", false],
    ["credit_manager", null, true],
    ["finance_director", null, false],
  ]);
});
