import { expect, test } from "vitest";
import { array, toNumbers } from "../graph/array.ts";
import { mul } from "../ops/arithmetic.ts";
import { reduceSum } from "../ops/reduce.ts";
import { learnedLogitScale } from "./logit-scale.ts";
import { normalArray, runScoped } from "./scope.fixture.ts";

test("the learned scale starts at the inverse temperature and is limited to its maximum", async () => {
  const scale = (logit: number, factor = 1) =>
    runScoped(
      (scope, { x }) => {
        const value = learnedLogitScale(scope, { temperature: 0.07 });
        return { scale: value, loss: reduceSum(mul(value, x!)) };
      },
      {
        inputs: { x: array([factor]) },
        values: Number.isNaN(logit) ? {} : { logit_scale: array([logit]) },
        differentiate: ["loss"],
      },
    );
  const fresh = await scale(Number.NaN);
  expect(toNumbers(fresh.outputs.scale!)[0]).toBeCloseTo(1 / 0.07, 4);
  const slope = toNumbers(fresh.gradients.loss!.logit_scale!)[0]!;
  const cotangent = toNumbers(normalArray("cotangent", []))[0]!;
  expect(slope).toBeCloseTo(cotangent / 0.07, 3); // the derivative of exp(s) is itself
  const large = await scale(6);
  expect(toNumbers(large.outputs.scale!)[0]).toBeCloseTo(100, 3);
  // At the maximum, only a gradient towards a smaller scale changes it.
  const smaller = await scale(6, Math.sign(cotangent));
  expect(toNumbers(smaller.gradients.loss!.logit_scale!)[0]).toBeCloseTo(
    100 * Math.abs(cotangent),
    3,
  );
  const larger = await scale(6, -Math.sign(cotangent));
  expect(toNumbers(larger.gradients.loss!.logit_scale!)[0]).toBe(0);
});
