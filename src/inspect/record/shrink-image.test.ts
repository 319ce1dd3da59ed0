import { expect, test } from "vitest";
import { shrink, shrinkTo } from "./shrink-image.ts";

test("shrinking averages, also over partial squares", () => {
  const image = { width: 3, height: 2, channels: 1, data: Uint8Array.of(0, 4, 10, 8, 12, 20) };
  expect([...shrink(image, 2).data]).toEqual([6, 15]);
});

test("an image that is small enough is unchanged", () => {
  const image = { width: 9, height: 4, channels: 1, data: new Uint8Array(36).fill(7) };
  expect(shrinkTo(image, 9)).toBe(image);
  expect(shrinkTo(image, 4)).toMatchObject({ width: 3, height: 2 }); // by 3
});
