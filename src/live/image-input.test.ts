import { describe, expect, test } from "vitest";
import { UserError } from "../graph/errors.ts";
import { imageReader } from "./image-input.ts";
import type { LiveModelSpec } from "./types.ts";

const spec: LiveModelSpec = {
  version: 1,
  kind: "image-classifier",
  recipe: "tiny",
  step: 0,
  model: { system: "vit-moe" },
  imageShape: [3, 1, 2],
  normalize: { mean: [0, 0, 0.2], std: [1, 1, 0.5] },
  classNames: ["a", "b"],
};
const image = (channels: number, ...bytes: number[]) => ({
  width: bytes.length / channels,
  height: 1,
  channels,
  data: Uint8Array.from(bytes),
});
const close = (values: readonly number[]): unknown => values.map((v) => expect.closeTo(v, 6));

describe("an image", () => {
  test("is read channel by channel and normalised", () => {
    const { shape, data } = imageReader(spec)(image(3, 0, 51, 102, 255, 204, 153));
    expect(shape).toEqual([1, 3, 1, 2]);
    expect([...data]).toEqual(close([0, 1, 0.2, 0.8, 0.4, 0.8]));
  });

  test("has its transparency removed", () => {
    const opaque = imageReader(spec)(image(3, 0, 51, 102, 255, 204, 153));
    expect(imageReader(spec)(image(4, 0, 51, 102, 0, 255, 204, 153, 7))).toEqual(opaque);
  });

  test("in grey gets three equal channels", () => {
    const plain = { ...spec, normalize: { mean: [0], std: [1] } };
    const expected = close([0.2, 0.4, 0.2, 0.4, 0.2, 0.4]);
    expect([...imageReader(plain)(image(1, 51, 102)).data]).toEqual(expected);
    expect([...imageReader(plain)(image(2, 51, 9, 102, 8)).data]).toEqual(expected);
  });

  test("in colour becomes grey for a grey model, rounded to bytes", () => {
    const grey = { ...spec, imageShape: [1, 1, 2], normalize: { mean: [0], std: [1] } } as const;
    const { shape, data } = imageReader(grey)(image(3, 100, 150, 200, 0, 0, 255));
    expect(shape).toEqual([1, 1, 1, 2]);
    // 140.75 and 29.07
    expect([...data]).toEqual(close([141 / 255, 29 / 255]));
  });

  test("is resized through the sizes of the run, the first rounded to bytes", () => {
    const plain = { ...spec, normalize: { mean: [0], std: [1] } };
    // The mean of pixels 0 and 3 is 1.5, which is 2 as a byte.
    const steps = {
      ...plain,
      imageSizes: [
        [1, 1],
        [1, 2],
      ],
    } as const;
    const [dark, bright] = [
      [0, 0, 0],
      [3, 3, 3],
    ];
    const { data } = imageReader(steps)(image(3, ...dark!, ...bright!));
    expect([...data]).toEqual(close(Array(6).fill(2 / 255)));
  });
});

test.each([
  [{ width: 2, height: 2, channels: 3, data: new Uint8Array(5) }, "cannot have 5 bytes"],
  [{ width: 0, height: 2, channels: 3, data: new Uint8Array(0) }, "0 x 2 pixels"],
  [{ width: 1, height: 1, channels: 5, data: new Uint8Array(5) }, "5 channels"],
  [{ width: 9000, height: 9000, channels: 1, data: new Uint8Array(81e6) }, "make it smaller"],
])("invalid or too large images are rejected", (given, message) => {
  expect(() => imageReader(spec)(given)).toThrow(UserError);
  expect(() => imageReader(spec)(given)).toThrow(message);
});

test("images that are no squares are fitted as the run fits its pictures", () => {
  const square = { ...spec, imageShape: [1, 2, 2], normalize: { mean: [0], std: [1] } } as const;
  // "cover" keeps the middle two of four columns.
  const data = new Uint8Array([0, 255, 0, 255, 0, 255, 0, 255]);
  const image = { data, height: 2, width: 4, channels: 1 };
  const read = imageReader({ ...square, imageFit: "cover" });
  expect([...read(image).data]).toEqual([1, 0, 1, 0]);
  const padded = imageReader({ ...square, imageFit: "contain" })(image).data;
  expect(padded[2]).toBe(0);
  expect(padded[0]).toBeGreaterThan(0);
});
