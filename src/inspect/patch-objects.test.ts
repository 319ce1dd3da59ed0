import { expect, test } from "vitest";
import { patchObjects } from "./patch-objects.ts";

test("patches show the first object whose square contains their centre", () => {
  const front = { x: 0.5, y: 0.5, size: 0.5 }; // from 0.25 to 0.75: the four patches of the middle
  const behind = { x: 0.75, y: 0.75, size: 0.5 }; // from 0.5 to 1
  expect(patchObjects([front, behind], { rows: 4, columns: 4 })).toEqual([
    ...[-1, -1, -1, -1],
    ...[-1, 0, 0, -1],
    ...[-1, 0, 0, 1],
    ...[-1, -1, 1, 1],
  ]);
});

test("an object between patch centres gets the patch that contains its centre", () => {
  const tiny = { x: 0.9, y: 0.1, size: 0.1 };
  expect(patchObjects([tiny], { rows: 2, columns: 2 })).toEqual([-1, 0, -1, -1]);
  expect(patchObjects([], { rows: 1, columns: 2 })).toEqual([-1, -1]);
});
