import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { foldIn, key, type Stream, stream } from "../../random/index.ts";
import { adjustBrightness, adjustContrast, adjustSaturation, colorJitter } from "./color-jitter.ts";
import { horizontalFlip } from "./horizontal-flip.ts";
import type { FloatImage } from "./image.ts";
import { normalize } from "./normalize.ts";
import { crop, randomCrop } from "./random-crop.ts";
import { randomErasing } from "./random-erasing.ts";
import { resizeTo } from "./resize.ts";

interface Adjusted {
  factor: number;
  values: number[];
}
const fixture = JSON.parse(
  readFileSync(new URL("../fixtures/transforms.json", import.meta.url), "utf8"),
) as {
  height: number;
  width: number;
  image: number[];
  resize: { size: [number, number]; torchvision: number[]; pillow: number[] }[];
  brightness: Adjusted;
  contrast: Adjusted;
  saturation: Adjusted;
};

const fixtureImage = (): FloatImage => ({
  height: fixture.height,
  width: fixture.width,
  channels: 3,
  data: Float32Array.from(fixture.image, (byte) => byte / 255),
});

const grey = (rows: number[][]): FloatImage => ({
  height: rows.length,
  width: rows[0]!.length,
  channels: 1,
  data: Float32Array.from(rows.flat()),
});

const draws = (n: number): Stream => stream(foldIn(key(3), n));

const furthest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);

test.each(fixture.resize)("resize to $size matches torchvision and Pillow", (expected) => {
  const out = resizeTo(fixtureImage(), ...expected.size);
  expect(out.data.length).toBe(expected.torchvision.length);
  expect(furthest(out.data, expected.torchvision)).toBeLessThan(2e-6);
  // Pillow rounds to bytes after each of its two passes.
  const bytes = out.data.map((value) => value * 255);
  expect(furthest(bytes, expected.pillow)).toBeLessThan(1.01);
});

test("halving averages pairs with the triangle's weights 1 3 3 1 over 8", () => {
  const out = resizeTo(grey([[0, 0, 8, 8, 0, 0]]), 1, 3);
  expect([...out.data]).toEqual([8 / 7, 6, 8 / 7].map(Math.fround)); // 1/7 (3 3 1) at the border
});

test.each([
  ["brightness", adjustBrightness, fixture.brightness],
  ["contrast", adjustContrast, fixture.contrast],
  ["saturation", adjustSaturation, fixture.saturation],
] as const)("%s as torchvision does", (_, adjust, expected) => {
  const image = fixtureImage();
  adjust(image, expected.factor);
  expect(furthest(image.data, expected.values)).toBeLessThan(2e-6);
});

test("contrast of a grey image scales deviations from the mean", () => {
  const image = grey([[0.2, 0.4]]);
  adjustContrast(image, 0.5);
  expect(furthest(image.data, [0.25, 0.35])).toBeLessThan(1e-6);
  adjustSaturation(image, 0);
  expect(furthest(image.data, [0.25, 0.35])).toBeLessThan(1e-6);
});

test("jitter draws factors within its bounds and does not change other properties", () => {
  const seen: number[] = [];
  for (let n = 0; n < 400; n++) {
    const image = colorJitter({ brightness: 0.2 }).apply(grey([[0.5]]), draws(n));
    seen.push(image.data[0]! / 0.5);
  }
  expect(Math.min(...seen)).toBeGreaterThanOrEqual(0.8 - 1e-6);
  expect(Math.max(...seen)).toBeLessThanOrEqual(1.2 + 1e-6);
  expect(Math.max(...seen) - Math.min(...seen)).toBeGreaterThan(0.35);
});

test("a crop outside the image is padded with zeros", () => {
  const image = grey([
    [1, 2],
    [3, 4],
  ]);
  expect([...crop(image, -1, 0, 2, 2).data]).toEqual([0, 0, 1, 2]);
  expect([...crop(image, 1, 1, 2, 2).data]).toEqual([4, 0, 0, 0]);
  expect([...crop(image, 0, -1, 2, 4).data]).toEqual([0, 1, 2, 0, 0, 3, 4, 0]);
});

test("random crops reach every offset and refuse a window that does not fit", () => {
  const offsets = new Set<string>();
  const image = grey([
    [0, 0, 0],
    [0, 1, 0],
    [0, 0, 0],
  ]);
  for (let n = 0; n < 200; n++) {
    offsets.add(randomCrop({ padding: 1 }).apply(image, draws(n)).data.join(""));
  }
  expect(offsets.size).toBe(9);
  expect(randomCrop({ size: [2, 1] }).outputShape(image)).toMatchObject({ height: 2, width: 1 });
  expect(() => randomCrop({ size: 4 }).apply(image, draws(0))).toThrow(
    "a window of 4 x 4 does not fit in 3 x 3 with padding 0",
  );
});

test("flips mirror columns of whole pixels, half of the time", () => {
  const pixels = (): FloatImage => ({
    height: 1,
    width: 3,
    channels: 2,
    data: Float32Array.of(1, 2, 3, 4, 5, 6),
  });
  expect([...horizontalFlip({ p: 1 }).apply(pixels(), draws(0)).data]).toEqual([5, 6, 3, 4, 1, 2]);
  let flipped = 0;
  for (let n = 0; n < 1000; n++) {
    if (horizontalFlip({}).apply(pixels(), draws(n)).data[0] === 5) flipped++;
  }
  expect(Math.abs(flipped - 500)).toBeLessThan(60);
});

test("erasing fills one rectangle with the requested area and ratio", () => {
  let erased = 0;
  for (let n = 0; n < 500; n++) {
    const image = grey(Array.from({ length: 20 }, () => new Array<number>(20).fill(1)));
    const { data } = randomErasing({ p: 0.6, scale: [0.05, 0.3] }).apply(image, draws(n));
    const gone = [...data.keys()].filter((at) => data[at] === 0);
    if (gone.length === 0) continue;
    erased++;
    const rows = gone.map((at) => Math.floor(at / 20));
    const columns = gone.map((at) => at % 20);
    const h = Math.max(...rows) - Math.min(...rows) + 1;
    const w = Math.max(...columns) - Math.min(...columns) + 1;
    expect(gone.length).toBe(h * w);
    expect(gone.length / 400).toBeGreaterThan(0.035);
    expect(gone.length / 400).toBeLessThan(0.34);
    expect(h / w).toBeGreaterThan(0.2);
    expect(h / w).toBeLessThan(4.5);
  }
  expect(Math.abs(erased - 300)).toBeLessThan(45);
});

test("normalising matches hand-computed values", () => {
  const image: FloatImage = { height: 1, width: 2, channels: 2, data: Float32Array.of(1, 2, 3, 4) };
  const out = normalize({ mean: [1, 2], std: [2, 0.5] }).apply(image, draws(0));
  expect([...out.data]).toEqual([0, 0, 1, 4]);
});
