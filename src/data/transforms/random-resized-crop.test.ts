import { expect, test } from "vitest";
import { key, stream } from "../../random/index.ts";
import type { FloatImage } from "./image.ts";
import { randomResizedCrop } from "./random-resized-crop.ts";

/** Each pixel contains its column and its row. */
function coordinates(height: number, width: number): FloatImage {
  const data = new Float32Array(height * width * 2);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++)
      data.set([column, row], (row * width + column) * 2);
  }
  return { height, width, channels: 2, data };
}

test("scale 1 and the image's own ratio give the whole image, resized if a size is given", () => {
  const image = coordinates(4, 4);
  const whole = { scale: [1, 1], ratio: [1, 1] } as const;
  const same = randomResizedCrop(whole).apply(coordinates(4, 4), stream(key(1)));
  expect([...same.data]).toEqual([...image.data]);
  const { outputShape, apply } = randomResizedCrop({ ...whole, size: [2, 4] });
  expect(outputShape(image)).toEqual({ height: 2, width: 4, channels: 2 });
  const halved = apply(coordinates(4, 4), stream(key(1)));
  // Triangle filter of radius 2: rows 0 to 2 weigh 3, 3, 1 of 7, then mirrored.
  const rows = [halved.data[1]!, halved.data[9]!];
  expect(rows[0]).toBeCloseTo((0 * 3 + 1 * 3 + 2 * 1) / 7, 6);
  expect(rows[1]).toBeCloseTo(3 - (0 * 3 + 1 * 3 + 2 * 1) / 7, 6);
});

test("windows have the drawn area and ratio, and lie within the image", () => {
  const [areas, aspects]: [number[], number[]] = [[], []];
  for (let seed = 0; seed < 200; seed++) {
    const image = coordinates(64, 64);
    const { data } = randomResizedCrop({ scale: [0.25, 0.5] }).apply(image, stream(key(seed)));
    const columns = data.filter((_, i) => i % 2 === 0);
    const rows = data.filter((_, i) => i % 2 === 1);
    const side = (values: Float32Array) => Math.max(...values) - Math.min(...values) + 1;
    expect(Math.min(...columns, ...rows)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...columns, ...rows)).toBeLessThanOrEqual(63);
    areas.push((side(columns) * side(rows)) / 64 ** 2);
    aspects.push(side(columns) / side(rows));
  }
  // Interpolation loses up to half a pixel at both ends.
  expect(Math.min(...areas)).toBeGreaterThan(0.23);
  expect(Math.max(...areas)).toBeLessThan(0.53);
  expect(Math.min(...aspects)).toBeGreaterThan(0.7);
  expect(Math.max(...aspects)).toBeLessThan(1.43);
  expect(Math.max(...areas) - Math.min(...areas)).toBeGreaterThan(0.15);
});

test("an image with an extreme ratio gives its centre", () => {
  const strip = coordinates(2, 40);
  const { data } = randomResizedCrop({ scale: [1, 1], ratio: [1, 1], size: 2 }).apply(
    strip,
    stream(key(0)),
  );
  expect([...data]).toEqual([19, 0, 20, 0, 19, 1, 20, 1]);
});
