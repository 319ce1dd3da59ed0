import { expect, test } from "vitest";
import { createLossWatch } from "./divergence.ts";

const see = (watch: ReturnType<typeof createLossWatch>, step: number, loss: number): void =>
  watch.see({ step, scalars: { loss } });

test("the weights of a checkpoint are judged by the loss of the next update", () => {
  const watch = createLossWatch(0);
  see(watch, 0, 2);
  see(watch, 1, 50);
  watch.saved(2);
  see(watch, 2, 1);
  watch.saved(3);
  see(watch, 3, 4.5); // more than twice the first loss
  watch.saved(4);
  see(watch, 4, Number.NaN);
  expect([0, 1, 2, 3, 4, 5].map(watch.hasDiverged)).toEqual([
    false,
    false, // no checkpoint
    false,
    true,
    true,
    false, // not seen
  ]);
});

test("small and negative losses may rise by 1", () => {
  const small = createLossWatch(3);
  see(small, 3, 0.01);
  small.saved(4);
  see(small, 4, 0.9);
  small.saved(5);
  see(small, 5, 1.1);
  expect([3, 4, 5].map(small.hasDiverged)).toEqual([false, false, true]);
  const negative = createLossWatch(0);
  see(negative, 0, -3);
  negative.saved(1);
  see(negative, 1, 0.5);
  expect(negative.hasDiverged(1)).toBe(true);
});
