import { expect, test } from "vitest";
import { surestPatches } from "./surest-patches.ts";

const keep = (limit: number, patches: readonly (readonly [number, number, number])[]) => {
  const kept = surestPatches(limit);
  for (const [index, patch, probability] of patches) kept.add({ index, patch, probability });
  return kept.patches().map(({ index, patch }) => [index, patch]);
};

test("the best patch of each image comes before further patches", () => {
  const patches = [
    [0, 0, 0.9],
    [0, 1, 0.95],
    [1, 0, 0.5],
    [2, 0, 0.6],
    [0, 2, 0.8],
  ] as const;
  expect(keep(2, patches)).toEqual([
    [0, 1],
    [2, 0],
  ]);
  expect(keep(3, patches)).toEqual([
    [0, 1],
    [2, 0],
    [1, 0],
  ]);
  expect(keep(4, patches)).toEqual([
    [0, 1],
    [0, 0], // the highest of the rest
    [2, 0],
    [1, 0],
  ]);
});

test("ties keep the earlier patches", () => {
  const patches = [0, 1, 2].map((index) => [index, 0, 1] as const);
  expect(keep(2, patches)).toEqual([
    [0, 0],
    [1, 0],
  ]);
});
