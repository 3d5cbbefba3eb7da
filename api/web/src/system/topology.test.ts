import { expect, test } from "vitest";
import { healthOfLag, NODE_HEIGHT, NODE_WIDTH, pictureOf } from "./topology";

const node = (id: string, column: number, row: number) => ({
  id,
  column,
  row,
  title: id,
  detail: "",
  health: "good" as const,
});

test("columns are centred and wires run from right edges to left edges", () => {
  const picture = pictureOf([node("a", 0, 0), node("b", 0, 1), node("c", 1, 0)], [{ from: "a", to: "c", rate: 5 }]);
  const [a, b, c] = picture.nodes;
  expect(c?.y).toBe(((a?.y ?? 0) + (b?.y ?? 0)) / 2);
  expect(picture.wires[0]?.path.startsWith(`M ${NODE_WIDTH} ${NODE_HEIGHT / 2} C`)).toBe(true);
  expect(picture.wires[0]?.rate).toBe(5);
});

test("a wire to a box that is not there is left out", () => {
  expect(pictureOf([node("a", 0, 0)], [{ from: "a", to: "gone", rate: 1 }]).wires).toEqual([]);
});

test("nobody knows how a source without a measured lag fares", () => {
  expect(healthOfLag(null)).toBe("unknown");
  expect(healthOfLag(0)).toBe("good");
  expect(healthOfLag(60_000)).toBe("critical");
});
