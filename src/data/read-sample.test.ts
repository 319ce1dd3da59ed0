import { expect, test } from "vitest";
import type { ImageDataset, PointsDataset, TextDataset } from "./dataset.ts";
import { readSample } from "./read-sample.ts";

const set = { name: "own", split: "train", length: 8, classNames: ["a", "b"] } as const;
const size = { height: 2, width: 2, channels: 1 } as const;
const good = { ...size, image: new Uint8Array(4), label: 1, index: 3 };
const images = (get: () => unknown): ImageDataset => ({ ...set, kind: "image", imageShape: size, get: get as () => never }); // biome-ignore format: one object

test("a sample that fits is returned as it is", () => {
  expect(readSample(images(() => good), 3)).toBe(good); // biome-ignore format: one call
});

test.each<[string, () => unknown, RegExp]>([
  [
    "too few bytes",
    () => ({ ...good, image: new Uint8Array(3) }),
    /has 3 bytes, but 2 x 2 x 1 needs 4$/,
  ],
  ["a list as image", () => ({ ...good, image: [1] }), /image must be a Uint8Array, got a list$/],
  ["no height", () => ({ ...good, height: undefined }), /height must be a whole .* got undefined$/],
  ["a negative label", () => ({ ...good, label: -1 }), /label must be .* 0 to 1, .* got -1$/],
  ["a label without a class", () => ({ ...good, label: 2 }), /label must be .* 0 to 1, .* got 2$/],
  ["nothing", () => undefined, /get must return a sample, got undefined$/],
  ["a promise", async () => good, /get must return a sample, got a promise$/],
  ["an error", () => { throw new Error("tea"); }, /: tea$/], // biome-ignore format: a row
])("a sample with %s is refused", (_, get, problem) => {
  const read = () => readSample(images(get), 3);
  expect(read).toThrow(/^own train, sample 3: /);
  expect(read).toThrow(problem);
});

test("texts and points are checked alike", () => {
  const texts = {
    ...set,
    kind: "text",
    get: () => ({ label: 0, index: 0 }),
  } as never as TextDataset;
  expect(() => readSample(texts, 0)).toThrow("own train, sample 0: its text is undefined");
  const features = new Float32Array(3);
  const get = () => ({ features, label: 0, index: 0 });
  const points: PointsDataset = { ...set, kind: "points", featureNames: ["x", "y"], get };
  expect(() => readSample(points, 0)).toThrow("its features must be 2 numbers, got 3");
});
