import { expect, test } from "vitest";
import { differing, flatten } from "./settings.ts";

test("settings are listed by path, lists as JSON", () => {
  const settings = flatten({ seed: 0, model: { width: 64, blocks: ["S", "F"], text: "none" } });
  expect([...settings]).toEqual([
    ["seed", "0"],
    ["model.width", "64"],
    ["model.blocks", '["S","F"]'],
    ["model.text", "none"],
  ]);
  expect([...flatten(null), ...flatten("text")]).toEqual([]);
});

test("settings differ if a value differs or is missing", () => {
  const [first, second] = [
    { a: 1, b: { c: 2 } },
    { a: 1, b: { c: 3 }, d: null },
  ].map(flatten);
  expect(differing([first!, second!])).toEqual(["b.c", "d"]);
  expect(differing([first!])).toEqual([]);
});
