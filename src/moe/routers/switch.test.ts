import { expect, test } from "vitest";
import { array, toNumbers } from "../../graph/array.ts";
import { checkOperator, randomArray } from "../../ops/check.fixture.ts";
import {
  choose,
  expectValues,
  identity,
  parts,
  randomsOf,
  route,
  rowsOf,
  softmaxOf,
  X,
} from "./routers.fixture.ts";
import { switchRouter, switchRouting } from "./switch.ts";

test("the best expert, weighted by its unnormalised probability (computed in float64)", async () => {
  const outputs = await route((scope, x) => switchRouter(scope, x, { numExperts: 4 }), X, {
    values: { weight: identity(4) },
  });
  expect(toNumbers(outputs.ids!)).toEqual([0, 3]);
  expectValues(outputs.combineWeights, [0.60946, 0.2886514]);
});

test("equal logits choose the first expert; a single expert has weight 1", async () => {
  const equal = await route((scope, x) => switchRouter(scope, x, { numExperts: 3 }), X, {
    values: { weight: array(Array.from({ length: 3 }, () => [0, 0, 0, 0])) },
  });
  expect(toNumbers(equal.ids!)).toEqual([0, 0]);
  const single = await route((scope, x) => switchRouter(scope, x, { numExperts: 1 }), X);
  expect(toNumbers(single.combineWeights!)).toEqual([1, 1]);
});

test("jitter scales the input between 1 - j and 1 + j, only in training", async () => {
  const router: Parameters<typeof route>[0] = (scope, x) =>
    switchRouter(scope, x, { numExperts: 4, jitter: 0.1 });
  const values = {
    weight: identity(4),
    jitter: array([
      [0, 0.5, 1, 0.25],
      [0, 0, 0, 0],
    ]),
  };
  const { logits } = await route(router, X, { training: true, values });
  expectValues(logits, [1.8, 1, 0.55, -0.95, 0.09, 0.18, 0.27, 0.36]);
  expect(randomsOf(router, true)).toEqual(["jitter"]);
  expect(randomsOf(router, false)).toEqual([]);
});

test("the gradient flows through the probability of the chosen expert", async () => {
  await checkOperator({
    fn: (x) => parts(switchRouting(x!)),
    inputs: [randomArray([6, 5], 1)],
    reference: (x) => {
      const p = rowsOf(x!).map(softmaxOf);
      return choose(p, 1, (n, chosen) => chosen.map((e) => p[n]![e]!), p);
    },
  });
});
