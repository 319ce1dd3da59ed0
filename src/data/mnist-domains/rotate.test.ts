import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { rotateImage } from "./rotate.ts";

const fixture = JSON.parse(
  readFileSync(new URL("fixtures/rotate.json", import.meta.url), "utf8"),
) as { side: number; image: number[]; turned: Record<string, number[]> };
const { side } = fixture;

test("images are rotated as in Pillow", () => {
  for (const [angle, expected] of Object.entries(fixture.turned)) {
    const image = Uint8Array.from(fixture.image);
    const turned = rotateImage(image, { height: side, width: side }, Number(angle));
    const differences = expected.map((value, at) => Math.abs(value - turned[at]!));
    expect(Math.max(...differences), `${angle} degrees`).toBe(0);
  }
});

test("a quarter turn is counter-clockwise, and outside pixels are black", () => {
  const corner = Uint8Array.from([9, 0, 0, 0, 0, 0, 0, 0, 0]); // upper left
  const turned = rotateImage(corner, { height: 3, width: 3 }, 90);
  expect([...turned]).toEqual([0, 0, 0, 0, 0, 0, 9, 0, 0]); // lower left
  const white = new Uint8Array(25).fill(255);
  const tilted = rotateImage(white, { height: 5, width: 5 }, 45);
  expect([tilted[0], tilted[4], tilted[20], tilted[24], tilted[12]]).toEqual([0, 0, 0, 0, 255]);
});
