import { expect, test } from "vitest";
import { schedule } from "./schedule.ts";

test("warm-up increases linearly and reaches 1", () => {
  const warm = [0, 1, 2, 3].map((step) => schedule(step, 10, { warmupSteps: 4 }));
  expect(warm).toEqual([0.25, 0.5, 0.75, 1]);
});

test("constant stays at 1", () => {
  expect([0, 5, 99].map((step) => schedule(step, 10, { kind: "constant" }))).toEqual([1, 1, 1]);
});

test("linear decreases to its final factor and stays there", () => {
  const options = { kind: "linear", warmupSteps: 2, final: 0.2 } as const;
  const factors = [2, 4, 6, 9, 10, 50].map((step) => schedule(step, 10, options));
  [1, 0.8, 0.6, 0.3, 0.2, 0.2].forEach((expected, i) => {
    expect(factors[i]).toBeCloseTo(expected, 12);
  });
});

test("cosine decreases along half a wave", () => {
  const factors = [0, 25, 50, 75, 100].map((step) => schedule(step, 100));
  // (1 + cos(pi/4)) / 2 = 0.8535533906
  [1, 0.8535533906, 0.5, 0.1464466094, 0].forEach((expected, i) => {
    expect(factors[i]).toBeCloseTo(expected, 9);
  });
  expect(schedule(60, 110, { warmupSteps: 10, final: 0.1 })).toBeCloseTo(0.55, 12);
});

test("a run that consists of warm-up ends at 1", () => {
  expect(schedule(3, 4, { warmupSteps: 4 })).toBe(1);
});

test("invalid settings are refused", () => {
  expect(() => schedule(0, 10, { warmupSteps: 11 })).toThrow(/warmupSteps must be 0 to the 10/);
  expect(() => schedule(0, 10, { final: 2 })).toThrow(/final must be 0 to 1, got 2/);
});
