import { expect, test } from "vitest";
import { judge } from "./judge.ts";

const start = { step: 20, bestScore: null, bestStep: 0, withoutImprovement: 0, seconds: 3 };

test("the first score is the best", () => {
  expect(judge(start, 0.25, { better: "higher", chooses: true })).toEqual({
    progress: { ...start, bestScore: 0.25, bestStep: 20 },
    rank: 0.25,
    improved: true,
  });
});

test("a loss ranks by its negative", () => {
  const before = { ...start, bestScore: -0.5, bestStep: 10, withoutImprovement: 2 };
  const lower = judge(before, 0.4, { better: "lower", chooses: true });
  expect(lower).toMatchObject({ rank: -0.4, improved: true });
  expect(lower.progress).toMatchObject({ bestStep: 20, withoutImprovement: 0 });
  const higher = judge(before, 0.6, { better: "lower", chooses: true });
  expect(higher).toMatchObject({ rank: -0.6, improved: false });
  expect(higher.progress).toEqual({ ...before, withoutImprovement: 3 });
});

test("equal scores are no improvement, and early ones choose nothing", () => {
  const before = { ...start, bestScore: 0.5 };
  expect(judge(before, 0.5, { better: "higher", chooses: true }).improved).toBe(false);
  expect(judge(before, 0.9, { better: "higher", chooses: false })).toEqual({
    progress: before,
    rank: null,
    improved: false,
  });
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
  "%s never wins, neither first nor later, and uses up patience",
  (score) => {
    for (const better of ["higher", "lower"] as const) {
      for (const before of [start, { ...start, bestScore: 0.5, bestStep: 10 }]) {
        expect(judge(before, score, { better, chooses: true })).toEqual({
          progress: { ...before, withoutImprovement: 1 },
          rank: null,
          improved: false,
        });
      }
    }
  },
);
