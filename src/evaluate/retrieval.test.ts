import { expect, test } from "vitest";
import { retrievalMatches, retrievalScores } from "./retrieval.ts";

const rows = (...points: readonly (readonly [number, number])[]) => ({
  width: 2,
  data: points.flat(),
});

test("hand-computed ranks: two images with two texts each", () => {
  // Cosines with the texts: image 0 [0.6, 0, 0.8, 1], image 1 [0.8, 1, 0.6, 0].
  const images = rows([1, 0], [0, 1]);
  const texts = rows([0.6, 0.8], [0, 1], [0.8, 0.6], [1, 0]);
  const scores = retrievalScores(images, texts, [0, 0, 1, 1]);
  // For both images the best text is of the other image; their own best text has rank 3.
  expect(scores.image_to_text_r1).toBe(0);
  expect(scores.image_to_text_r5).toBe(1);
  // All texts are closer to the other image.
  expect(scores.text_to_image_r1).toBe(0);
  expect(scores.text_to_image_r10).toBe(1);
  const swapped = retrievalScores(images, texts, [1, 1, 0, 0]);
  expect([swapped.image_to_text_r1, swapped.text_to_image_r1]).toEqual([1, 1]);
});

test("equal embeddings score at chance level, and images without texts are no queries", () => {
  const same = rows(...Array.from({ length: 20 }, () => [1, 0] as const));
  const owners = Array.from({ length: 20 }, (_, i) => i);
  expect(retrievalScores(same, same, owners)).toEqual({
    image_to_text_r1: 0.05,
    image_to_text_r5: 0.25,
    image_to_text_r10: 0.5,
    text_to_image_r1: 0.05,
    text_to_image_r5: 0.25,
    text_to_image_r10: 0.5,
  });
  const one = retrievalScores(rows([1, 0], [0, 1]), rows([0, 1]), [1]);
  expect([one.image_to_text_r1, one.text_to_image_r1]).toEqual([1, 1]);
});

test("equal captions match the images of each other, by hand", () => {
  // Images 0 and 2 have the same caption; cosines of the texts [1, 0], [0, 1], [1, 0] with the images
  // [0.6, 0.8], [0, 1], [1, 0] are 0.6 0 1, 0.8 1 0 and 0.6 0 1.
  const images = rows([0.6, 0.8], [0, 1], [1, 0]);
  const texts = rows([1, 0], [0, 1], [1, 0]);
  const own = retrievalScores(images, texts, [0, 1, 2]);
  // Text 0 finds image 2, its own is second; image 0 finds text 1 and then its own.
  expect([own.text_to_image_r1, own.image_to_text_r1]).toEqual([2 / 3, 1 / 3]);
  const equal = retrievalScores(images, texts, [0, 1, 2], ["a star", "a ring", "a star"]);
  // Both star texts find image 2; image 2 finds text 0, its caption; image 0 still finds the ring.
  expect([equal.text_to_image_r1, equal.image_to_text_r1]).toEqual([1, 2 / 3]);
  const all = retrievalScores(images, texts, [0, 1, 2], ["same", "same", "same"]);
  expect([all.text_to_image_r1, all.image_to_text_r1]).toEqual([1, 1]);
  expect(retrievalMatches(4, [0, 1, 2, 2], ["a", "b", "a", "b"])).toEqual({
    textsOf: [[0, 2], [1, 3], [0, 1, 2, 3], []], // biome-ignore format: one row
    imagesOf: [[0, 2], [1, 2], [0, 2], [1, 2]], // biome-ignore format: one row
  });
  expect(() => retrievalScores(images, texts, [0, 1, 2], ["a"])).toThrow(
    "got 1 captions of 3 texts",
  );
});

test("texts without owners are rejected", () => {
  expect(() => retrievalScores(rows([1, 0]), rows([1, 0], [0, 1]), [0])).toThrow(
    "2 texts and 1 owners",
  );
});

test("ranks equal the plain definition, with several texts per image and ties", () => {
  const [numImages, numTexts, width] = [13, 31, 3];
  const value = (i: number): number => Math.round(2 * Math.sin(i * i + 1)) / 2;
  const images = { width, data: Array.from({ length: numImages * width }, (_, i) => value(i)) };
  const texts = { width, data: Array.from({ length: numTexts * width }, (_, i) => value(i + 50)) };
  const owners = Array.from({ length: numTexts }, (_, t) => (t * 5) % 11);
  const cosine = (i: number, t: number): number =>
    [0, 1, 2].reduce((sum, p) => sum + images.data[i * width + p]! * texts.data[t * width + p]!, 0);
  const order = (count: number, score: (at: number) => number): number[] =>
    [...Array(count).keys()].sort((a, b) => score(b) - score(a) || a - b);
  const found = (k: number) => ({
    image:
      [...new Set(owners)].filter((i) =>
        order(numTexts, (t) => cosine(i, t))
          .slice(0, k)
          .some((t) => owners[t] === i),
      ).length / new Set(owners).size,
    text:
      owners.filter((owner, t) =>
        order(numImages, (i) => cosine(i, t))
          .slice(0, k)
          .includes(owner),
      ).length / numTexts,
  });
  const scores = retrievalScores(images, texts, owners);
  expect(scores.image_to_text_r1).toBe(found(1).image);
  expect(scores.image_to_text_r5).toBe(found(5).image);
  expect(scores.text_to_image_r5).toBe(found(5).text);
  expect(scores.text_to_image_r10).toBe(found(10).text);
});
