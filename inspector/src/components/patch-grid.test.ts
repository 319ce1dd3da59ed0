import { expect, test } from "vitest";
import { movedPatch, patchAt, placeName } from "./patch-grid.ts";

const grid = { rows: 2, cols: 3 };

test("a pointer selects one patch, also on the edges", () => {
  const box = { left: 10, top: 20, width: 30, height: 20 };
  const currentTarget = { getBoundingClientRect: () => box } as unknown as Element;
  const at = (clientX: number, clientY: number) =>
    patchAt({ clientX, clientY, currentTarget }, grid);
  expect([at(10, 20), at(25, 35), at(40, 40), at(0, 99)]).toEqual([0, 4, 5, 3]);
});

test("patches are named by row and column, from one", () => {
  expect(placeName(5, 3)).toBe("row 2, column 3");
});

test("arrow keys stay in the grid and start at its centre; Escape clears the selection", () => {
  expect(movedPatch("ArrowLeft", null, grid)).toBe(4);
  expect(movedPatch("ArrowRight", 5, grid)).toBe(5);
  expect(movedPatch("ArrowUp", 4, grid)).toBe(1);
  expect([movedPatch("Home", 4, grid), movedPatch("End", null, grid)]).toEqual([0, 5]);
  expect(movedPatch("Escape", 4, grid)).toBeNull();
  expect(movedPatch("Tab", 4, grid)).toBeUndefined();
});
