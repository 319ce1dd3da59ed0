import { describe, expect, test } from "vitest";
import { cropPatch, expertGallery } from "./expert-gallery.ts";

const words = ["<pad>", "a", "red", "ring"];
const tokenText = (id: number) => words[id]!;
/** Two grey pixels, one per patch, that encode image and patch. */
const imageOf = (index: number) => ({
  width: 2,
  height: 1,
  channels: 1,
  data: Uint8Array.of(10 * index, 10 * index + 1),
});
const grid = { rows: 1, columns: 2 };

/** Every token has one expert with this probability. */
const routed = (
  choices: readonly (readonly [expert: number, probability: number])[],
  mask?: number[],
) => ({
  ids: { shape: [1, choices.length], data: choices.map(([expert]) => BigInt(expert)) },
  probabilities: {
    shape: [choices.length, 2],
    data: choices.flatMap(([expert, p]) => (expert === 0 ? [p, 1 - p] : [1 - p, p])),
  },
  ...(mask && { mask: { shape: [choices.length], data: mask } }),
});

describe("pairs of two patches and three words", () => {
  const gallery = expertGallery({ grid, tokenText, minimumCount: 2, limit: 2 });
  // Each row: patches, words. "a red <pad>" and "a ring red".
  const choices = [
    [[0, 0.9], [0, 0.6], [0, 0.7], [1, 0.9], [1, 0.5]],
    [[0, 0.8], [2, 0.5], [1, 0.9], [1, 0.9], [1, 0.8]], // expert 2 means none
  ] as const; // biome-ignore format: a row for each pair
  gallery.add("blocks.0.moe", routed(choices.flat(), [1, 1, 1, 1, 0, 1, 1, 1, 1, 1]), {
    indices: [3, 5],
    tokens: { shape: [2, 3], data: [1n, 2n, 0n, 1n, 3n, 2n] },
  });
  const [layer, ...others] = gallery.galleries(imageOf);

  test("tokens are counted by kind, without padding", () => {
    expect(others).toEqual([]);
    expect(layer).toMatchObject({ layer: "blocks.0.moe", numPatches: 4, numWords: 5 });
    expect(layer!.experts.map((e) => [e.expert, e.numPatches, e.numWords])).toEqual([
      [0, 3, 1],
      [1, 0, 4],
    ]);
  });

  test("the patches with the highest probability are cropped from their images", () => {
    expect(layer!.experts[0]!.patches.map(({ image, ...rest }) => [...image.data, rest])).toEqual([
      [30, { index: 3, patch: 0, probability: 0.9 }],
      [50, { index: 5, patch: 0, probability: 0.8 }],
    ]);
    expect(layer!.experts[1]!.patches).toEqual([]);
  });

  test("words need a share above average and enough occurrences", () => {
    // One of two "a" has expert 0, which has a fifth of all words; "ring" occurs once.
    expect(layer!.experts[0]!.words).toEqual([{ text: "a", count: 1, total: 2 }]);
    expect(layer!.experts[1]!.words).toEqual([{ text: "red", count: 2, total: 2 }]);
  });
});

test("frequent words outrank rare words with a smaller share", () => {
  const gallery = expertGallery({ grid, tokenText });
  // "a": 95 of 100 have expert 0; "red": 3 of 3; "ring": 1 of 97.
  const tokens = [1, 2, 3].flatMap((id) => Array<number>([100, 3, 97][id - 1]!).fill(id));
  const toZero = [95, 3, 1];
  const ids = [1, 2, 3].flatMap((id) =>
    Array.from({ length: [100, 3, 97][id - 1]! }, (_, i) => (i < toZero[id - 1]! ? 0 : 1)),
  );
  gallery.add("text_tower.moe", routed(ids.map((e) => [e, 1] as const)), {
    indices: [0, 1],
    tokens: { shape: [2, 100], data: tokens },
    patches: false,
  });
  const [{ experts }] = gallery.galleries(imageOf) as [ReturnType<typeof gallery.galleries>[0]]; // biome-ignore format: one expression
  // Lower bounds of the 95 % intervals: 0.888 and 0.438.
  expect(experts[0]!.words.map(({ text }) => text)).toEqual(["a", "red"]);
  expect(experts[1]!.words).toEqual([{ text: "ring", count: 96, total: 97 }]);
});

test("layers over images only, and batches of the wrong size", () => {
  const gallery = expertGallery({ grid, tokenText });
  const all = routed(Array.from({ length: 4 }, () => [1, 1] as const));
  gallery.add("image_tower.moe", all, { indices: [0, 1] });
  const [layer] = gallery.galleries(imageOf);
  expect(layer!.experts[1]!.patches.map(({ index, patch }) => [index, patch])).toEqual([
    [0, 0],
    [1, 0],
    [0, 1],
    [1, 1],
  ]);
  expect(layer!.experts[1]!.words).toEqual([]);
  expect(() => gallery.add("moe", all, { indices: [0] })).toThrow(
    "moe routes 4 tokens, expected 2: 1 samples of 2 patches and 0 words",
  );
});

test("class tokens and tokens between patches and words are skipped", () => {
  const gallery = expertGallery({ grid, tokenText, minimumCount: 1 });
  // A class token, two patches, one more token, and the first two of three words.
  const choices = [
    [[1, 1], [0, 0.9], [0, 0.8], [1, 1], [0, 1], [1, 1]],
  ] as const; // biome-ignore format: a row for the sample
  gallery.add("moe", routed(choices.flat()), {
    indices: [4],
    before: 1,
    between: 1,
    numWords: 2,
    tokens: { shape: [1, 3], data: [2, 3, 1] },
  });
  const [layer] = gallery.galleries(imageOf);
  expect(layer).toMatchObject({ numPatches: 2, numWords: 2 });
  expect(layer!.experts[0]!.patches.map(({ patch, probability }) => [patch, probability])).toEqual([
    [0, 0.9],
    [1, 0.8],
  ]);
  expect(layer!.experts.map(({ words }) => words.map(({ text }) => text))).toEqual([
    ["red"],
    ["ring"],
  ]);
});

test("patches cover an image whose sides are not multiples of the grid", () => {
  const data = Uint8Array.from({ length: 5 * 3 * 2 }, (_, i) => i);
  const image = { width: 5, height: 3, channels: 2, data };
  const grid = { rows: 2, columns: 2 };
  expect(cropPatch(image, 0, grid)).toMatchObject({ width: 2, height: 1 });
  const last = cropPatch(image, 3, grid);
  expect(last).toMatchObject({ width: 3, height: 2, channels: 2 });
  expect([...last.data]).toEqual([14, 15, 16, 17, 18, 19, 24, 25, 26, 27, 28, 29]);
});
