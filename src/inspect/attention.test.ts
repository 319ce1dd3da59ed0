import { expect, test } from "vitest";
import { attentionLayer, attentionPlan, attentionShares, attentionToKey } from "./attention.ts";

// Two samples, two heads, two query patches, three keys.
const weights = {
  shape: [1, 2, 2, 2, 3],
  data: [
    ...[1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0], // sample 0
    ...[0.5, 0.25, 0.25, 0.2, 0.8, 0], // sample 1, head 0
    ...[0.1, 0.4, 0.5, 0, 0.5, 0.5], // sample 1, head 1
  ],
};

test("the selected sample is read, by head, patch and key", () => {
  const layer = attentionLayer({ layer: "blocks.0.attn", weights, sample: 1 });
  expect(layer).toMatchObject({ layer: "blocks.0.attn", numHeads: 2, numQueries: 2, numKeys: 3 });
  // Each row scaled to a maximum of 255.
  expect([...layer.weights]).toEqual([255, 128, 128, 64, 255, 0, 51, 204, 255, 0, 255, 255]);
  const close = (shares: number[], expected: number[]) =>
    expected.forEach((value, i) => {
      expect(shares[i]).toBeCloseTo(value, 2);
    });
  close(attentionShares(layer, { head: 0, patch: 1 }), [0.2, 0.8, 0]);
  close(attentionShares(layer, { head: 1, patch: 0 }), [0.1, 0.4, 0.5]);
  close(attentionShares(layer, { patch: 0 }), [0.3, 0.325, 0.375]);
  close(attentionShares(layer, { head: 1 }), [0.05, 0.45, 0.5]);
  close(attentionToKey(layer, 1), [0.325, 0.65]);
});

test("shares sum to one for every kind of average", () => {
  const layer = attentionLayer({ layer: "a", weights, sample: 1 });
  for (const choice of [{}, { head: 0 }, { patch: 1 }, { head: 1, patch: 1 }]) {
    const total = attentionShares(layer, choice).reduce((sum, share) => sum + share, 0);
    expect(total).toBeCloseTo(1, 12);
  }
});

test("heads can be averaged and keys skipped", () => {
  const merged = attentionLayer({ layer: "a", weights, sample: 0, mergeHeads: true });
  // Heads [1,0,0] and [0,0,1], then [0,1,0] and [1,0,0].
  expect(merged).toMatchObject({ numHeads: 1, numKeys: 3 });
  expect([...merged.weights]).toEqual([255, 0, 255, 255, 255, 0]);
  const some = attentionLayer({ layer: "a", weights, sample: 1, keys: [2, 1], mergeHeads: true });
  expect(some.numKeys).toBe(2);
  expect([...some.weights]).toEqual([255, 221, 98, 255]); // .375 to .325, .25 to .65
});

test("a row without attention has no shares", () => {
  const none = { shape: [1, 1, 1, 1, 2], data: [0, 0] };
  const layer = attentionLayer({ layer: "a", weights: none, sample: 0 });
  expect(attentionShares(layer)).toEqual([0, 0]);
});

test("the size limit removes images, then heads, then all attention", () => {
  const layers = (count: number, numHeads: number, patches: number) =>
    Array.from({ length: count }, () => ({ numHeads, numQueries: patches, numKeys: patches }));
  // 2 layers of 4 heads over 8 x 8 patches are 32,768 bytes.
  expect(attentionPlan(layers(2, 4, 64), 12)).toEqual({ images: 12, mergeHeads: false });
  // 98,304 bytes: four images fit.
  expect(attentionPlan(layers(4, 6, 64), 12)).toEqual({ images: 4, mergeHeads: false });
  // A ViT-B/16: 5.5 million bytes with heads, 460,992 without.
  expect(attentionPlan(layers(12, 12, 196), 12)).toEqual({ images: 1, mergeHeads: true });
  expect(attentionPlan(layers(12, 12, 1024), 12)).toEqual({ images: 0, mergeHeads: true });
  expect(attentionPlan([], 12).images).toBe(0);
});
