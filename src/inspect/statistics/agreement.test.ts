import { expect, test } from "vitest";
import { routingAgreement } from "./agreement.ts";

test("hand-computed: two choices of four tokens", () => {
  // First choices, then second choices.
  const first = [0, 1, 2, 0, /* second choices */ 1, 0, 0, 2];
  const second = [0, 0, 2, 1, /* second choices */ 1, 1, 1, 2];
  const found = routingAgreement(first, second, { numExperts: 3, numSelectedExperts: 2 });
  expect(found.firstChoice).toBe(0.5); // tokens 0 and 2
  expect(found.overlap).toBeCloseTo((1 + 1 + 1 / 3 + 1 / 3) / 4, 12);
  // Loads (2, 1, 1) and (2, 1, 1): chance (4 + 1 + 1) / 16.
  expect(found.kappa).toBeCloseTo((0.5 - 6 / 16) / (1 - 6 / 16), 12);
  expect(found.permutation).toEqual([0, 1, 2]);
});

test("permuted experts agree after matching", () => {
  const first = [0n, 1n, 2n, 3n, 0n, 1n];
  const renamed = [2n, 0n, 3n, 1n, 2n, 0n];
  const sizes = { numExperts: 4, numSelectedExperts: 1 };
  expect(routingAgreement(first, renamed, sizes).firstChoice).toBe(0);
  const matched = routingAgreement(first, renamed, { ...sizes, matchExperts: true });
  expect(matched).toEqual({ firstChoice: 1, overlap: 1, kappa: 1, permutation: [2, 0, 3, 1] });
});

test("tokens without an expert agree only with each other", () => {
  const sizes = { numExperts: 2, numSelectedExperts: 1 };
  // 2 means no expert.
  const found = routingAgreement([0, 2, 2, 1], [0, 2, 1, 2], sizes);
  expect(found.firstChoice).toBe(0.5);
  expect(found.overlap).toBe(0.5);
  expect(routingAgreement([0, 2, 2, 1], [0, 2, 1, 2], { ...sizes, matchExperts: true })).toEqual(
    found,
  );
});

test("one expert for all, no tokens, and ids of two sizes", () => {
  const sizes = { numExperts: 2, numSelectedExperts: 1 };
  expect(routingAgreement([1, 1], [1, 1], sizes).kappa).toBe(1);
  expect(routingAgreement([], [], sizes).firstChoice).toBe(0);
  expect(routingAgreement([-1, 0], [7, 0], sizes).firstChoice).toBe(1); // neither is an expert
  expect(() => routingAgreement([0, 1], [0], sizes)).toThrow("got 2 and 1");
  expect(() => routingAgreement([0], [1], { numExperts: 2, numSelectedExperts: 2 })).toThrow(
    "a multiple of 2; got 1 and 1",
  );
});
