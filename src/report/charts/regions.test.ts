import { expect, test } from "vitest";
import { borderPath, regions, tilePath } from "./regions.ts";

// 0 0 1
// 0 2 1
const experts = [0, 0, 1, 0, 2, 1];

test("areas are connected by edges and labelled at their centre", () => {
  expect(regions(experts, 2, 3)).toEqual([
    { expert: 0, size: 3, row: 0, col: 0 },
    { expert: 1, size: 2, row: 0, col: 2 },
    { expert: 2, size: 1, row: 1, col: 1 },
  ]);
});

test("corners and row ends do not connect", () => {
  expect(regions([1, 0, 0, 1], 2, 2)).toHaveLength(4);
  expect(regions([0, 0, 1, 1, 2, 2], 2, 3)).toHaveLength(4);
});

test("contiguous tiles of a row form one rectangle", () => {
  expect(tilePath(2, 3, (tile) => experts[tile] === 0)).toBe("M0 0h2v1h-2zM0 1h1v1h-1z");
  expect(tilePath(2, 3, () => false)).toBe("");
});

test("borders are only between different experts", () => {
  expect(borderPath(experts, 2, 3)).toBe("M2 0v1M1 1h1M1 1v1M2 1v1");
});
