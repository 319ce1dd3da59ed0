import { expect, test } from "vitest";
import { array, toNumbers } from "../../graph/array.ts";
import { checkOperator, randomArray } from "../../ops/check.fixture.ts";
import { sparseGates } from "../losses/importance.ts";
import { noisyTopKRouter, noisyTopKRouting } from "./noisy-top-k.ts";
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

const options = { numExperts: 4, numSelectedExperts: 2 };
const values = { "gate.weight": identity(4), "noise.weight": identity(4) };

test("keep-top-k softmax and its sparse form (computed in float64)", async () => {
  const outputs = await route(
    (scope, x) => {
      const routing = noisyTopKRouter(scope, x, options);
      return { ...routing, gates: sparseGates(routing.ids, routing.combineWeights, 4) };
    },
    X,
    { values },
  );
  expect(toNumbers(outputs.ids!)).toEqual([0, 3, 1, 2]);
  expectValues(outputs.combineWeights, [0.7310585786, 0.5249791875, 0.2689414214, 0.4750208125]);
  expectValues(outputs.gates, [0.7310585786, 0.2689414214, 0, 0, 0, 0, 0.4750208125, 0.5249791875]);
});

test("noise is scaled by softplus of a second linear map plus epsilon", async () => {
  const sample = array([
    [0, 0, 1, 2],
    [1, 0, 0, 0],
  ]);
  const outputs = await route((scope, x) => noisyTopKRouter(scope, x, options), X, {
    training: true,
    values: { ...values, "noise.noise": sample },
  });
  const std = toNumbers(X).map((value) => Math.log(1 + Math.exp(value)) + 0.01);
  const noisy = toNumbers(X).map((value, i) => value + std[i]! * toNumbers(sample)[i]!);
  expectValues(outputs.noiseStd, std);
  expectValues(outputs.noisyLogits, noisy);
  expect(toNumbers(outputs.ids!)).toEqual([0, 0, 2, 3]);
});

test("evaluation ignores noise", () => {
  const router: Parameters<typeof randomsOf>[0] = (scope, x) => noisyTopKRouter(scope, x, options);
  expect(randomsOf(router, true)).toEqual(["noise.noise"]);
  expect(randomsOf(router, false)).toEqual([]);
});

test("gradients with respect to logits, noise and its learned scale", async () => {
  await checkOperator({
    fn: (x, sample, std) =>
      parts(noisyTopKRouting(x!, { numSelectedExperts: 3, noise: { sample: sample!, std: std! } })),
    inputs: [randomArray([4, 5], 1), randomArray([4, 5], 2), randomArray([4, 5], 3, 0.1, 1)],
    reference: (x, sample, std) => {
      const [clean, noise, scale] = [rowsOf(x!), rowsOf(sample!), rowsOf(std!)];
      const noisy = clean.map((row, n) => row.map((v, e) => v + noise[n]![e]! * scale[n]![e]!));
      return choose(
        noisy,
        3,
        (n, chosen) => softmaxOf(chosen.map((e) => noisy[n]![e]!)),
        clean.map(softmaxOf),
      );
    },
  });
});
