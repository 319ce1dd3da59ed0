import { expect, test } from "vitest";
import { foldIn, key } from "../../random/index.ts";
import type { ImageSample } from "../dataset.ts";
import { pipeline, type TransformSpec } from "./pipeline.ts";

const sample: ImageSample = {
  image: Uint8Array.of(0, 51, 102, 153, 204, 255, 0, 51, 102, 153, 204, 255),
  height: 2,
  width: 2,
  channels: 3,
  label: 0,
  index: 4,
};

function run(specs: readonly TransformSpec[], seed = 0): number[] {
  const bound = pipeline(specs, sample);
  const { height, width, channels } = bound.outputShape;
  const out = new Float32Array(height * width * channels);
  bound.apply(sample, key(seed), out);
  return [...out].map((value) => Math.round(value * 1e5) / 1e5);
}

test("without transforms, bytes become fractions by channel", () => {
  expect(run([])).toEqual([0, 0.6, 0, 0.6, 0.2, 0.8, 0.2, 0.8, 0.4, 1, 0.4, 1]);
});

test("transforms run in the order of the list", () => {
  const flip = { horizontalFlip: { p: 1 } };
  const scale = { normalize: { mean: [0.2], std: [0.2] } };
  expect(run([flip, scale])).toEqual([2, -1, 2, -1, 3, 0, 3, 0, 4, 1, 4, 1]);
  const erase = { randomErasing: { p: 1, scale: [0.25, 0.25], ratio: [1, 1] } } as const;
  expect(run([erase, scale]).filter((value) => value === -1).length).toBeGreaterThanOrEqual(3);
  expect(run([scale, erase]).filter((value) => value === 0).length).toBeGreaterThanOrEqual(3);
});

test("a key determines the result", () => {
  const specs: TransformSpec[] = [
    { randomCrop: { padding: 1 } },
    { colorJitter: { brightness: 0.4, contrast: 0.4, saturation: 0.4 } },
  ];
  expect(run(specs, 1)).toEqual(run(specs, 1));
  expect(new Set([1, 2, 3, 4, 5].map((seed) => run(specs, seed).join())).size).toBe(5);
});

test("the shape after resizing and cropping is known in advance", () => {
  const bound = pipeline([{ resize: { size: [6, 8] } }, { randomCrop: { size: 5 } }], sample);
  expect(bound.outputShape).toEqual({ height: 5, width: 5, channels: 3 });
});

test("images of an unexpected size are refused unless they are resized", () => {
  const shape = { height: 4, width: 4, channels: 3 };
  const apply = (specs: TransformSpec[]): void =>
    pipeline(specs, shape).apply(sample, foldIn(key(0), 1), new Float32Array(48));
  expect(() => apply([])).toThrow("image 4 is 2 x 2 x 3 after its transforms, expected 4 x 4 x 3");
  expect(() => apply([{ resize: { size: 4 } }])).not.toThrow();
});

test("unknown transforms and wrong channel counts have clear errors", () => {
  expect(() => run([{ randomCrops: {} } as unknown as TransformSpec])).toThrow(
    "a transform is one of resize, randomCrop, randomResizedCrop, horizontalFlip, colorJitter, randomErasing, normalize with its options, got {randomCrops}",
  );
  expect(() => run([{ normalize: { mean: [0, 0], std: [1, 1] } }])).toThrow(
    "normalize needs 1 or 3 values for mean",
  );
});
