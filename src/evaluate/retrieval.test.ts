import { expect, test } from "vitest";
import { retrievalScores } from "./retrieval.ts";

const rows = (...points: readonly (readonly [number, number])[]) => ({
  width: 2,
  data: points.flat(),
});

test("ranks by hand: two images with two texts each", () => {
  // Cosines with the texts: image 0 [0.6, 0, 0.8, 1], image 1 [0.8, 1, 0.6, 0].
  const images = rows([1, 0], [0, 1]);
  const texts = rows([0.6, 0.8], [0, 1], [0.8, 0.6], [1, 0]);
  const scores = retrievalScores(images, texts, [0, 0, 1, 1]);
  // Both images find a foreign text first; their best own one comes third.
  expect(scores.image_to_text_r1).toBe(0);
  expect(scores.image_to_text_r5).toBe(1);
  // All texts lie closer to the other image.
  expect(scores.text_to_image_r1).toBe(0);
  expect(scores.text_to_image_r10).toBe(1);
  const swapped = retrievalScores(images, texts, [1, 1, 0, 0]);
  expect([swapped.image_to_text_r1, swapped.text_to_image_r1]).toEqual([1, 1]);
});

test("equal embeddings score as chance, and images without a text are not asked for one", () => {
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

test("texts without owners are refused", () => {
  expect(() => retrievalScores(rows([1, 0]), rows([1, 0], [0, 1]), [0])).toThrow(
    "2 texts and 1 owners",
  );
});
