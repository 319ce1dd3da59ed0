import { expect, test } from "vitest";
import { classAccuracy } from "./class-accuracy.ts";
import { knnVotes } from "./knn-probe.ts";

const known = { width: 2, data: [1, 0, 0.8, 0.6, 0, 1, -1, 0] };
const labels = [0, 1, 1, 2];
const query = { width: 2, data: [1, 0] }; // Cosines with the known embeddings: 1, 0.8, 0, -1.

test("votes by hand, relative to the nearest neighbour's", () => {
  const votes = (k: number) => [
    ...knnVotes(known, labels, query, { numClasses: 3, k, temperature: 0.5 }).data,
  ];
  expect(votes(1)).toEqual([1, 0, 0]);
  const [first, second, third] = votes(3);
  expect(first).toBe(1);
  expect(second).toBeCloseTo(Math.exp(-0.4) + Math.exp(-2), 6);
  expect(third).toBe(0);
  expect(votes(20)[2]).toBeCloseTo(Math.exp(-4), 6);
});

test("a low temperature favours the nearest, a high temperature the majority", () => {
  const first = (temperature: number) =>
    classAccuracy(knnVotes(known, labels, query, { numClasses: 3, k: 3, temperature }), [0])
      .accuracy;
  expect([first(0.001), first(10)]).toEqual([1, 0]);
});

test("invalid options are rejected", () => {
  expect(() => knnVotes(known, labels, query, { numClasses: 3, k: 0 })).toThrow("got k 0");
  expect(() => knnVotes(known, [0], query, { numClasses: 3 })).toThrow("4 rows and 1 labels");
});
