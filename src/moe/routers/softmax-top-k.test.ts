import { expect, test } from "vitest";
import { array, toNumbers } from "../../graph/array.ts";
import { checkOperators, randomArray } from "../../ops/check.fixture.ts";
import {
  choose,
  expectValues,
  identity,
  normalized,
  parts,
  randomsOf,
  route,
  rowsOf,
  softmaxOf,
  X,
} from "./routers.fixture.ts";
import { softmaxTopKRouter, softmaxTopKRouting } from "./softmax-top-k.ts";

const options = { numExperts: 4, numSelectedExperts: 2 };

test("V-MoE: noise of 1/E affects the choice and the weights, not the probabilities", async () => {
  const noisy = [
    [2, 1, 0.5, -1 + 0.25 * 16],
    [0.1, 0.2, 0.3, 0.4],
  ];
  const outputs = await route(
    (scope, x) =>
      softmaxTopKRouter(scope, x, { ...options, normalization: "none", noise: "gaussian" }),
    X,
    {
      training: true,
      values: {
        weight: identity(4),
        noise: array([
          [0, 0, 0, 16],
          [0, 0, 0, 0],
        ]),
      },
    },
  );
  const gates = noisy.map(softmaxOf);
  expect(toNumbers(outputs.ids!)).toEqual([3, 3, 0, 2]);
  expectValues(outputs.combineWeights, [
    gates[0]![3]!,
    gates[1]![3]!,
    gates[0]![0]!,
    gates[1]![2]!,
  ]);
  expectValues(outputs.noisyLogits, noisy.flat());
  expectValues(
    outputs.probabilities,
    rowsOf({ shape: [2, 4], data: toNumbers(X) }).flatMap(softmaxOf),
  );
});

test("noise is drawn only in training and on request", () => {
  const noisy = { ...options, noise: "gaussian" } as const;
  expect(randomsOf((scope, x) => softmaxTopKRouter(scope, x, noisy), true)).toEqual(["noise"]);
  expect(randomsOf((scope, x) => softmaxTopKRouter(scope, x, noisy), false)).toEqual([]);
  expect(randomsOf((scope, x) => softmaxTopKRouter(scope, x, options), true)).toEqual([]);
});

test("gradients of both normalisations, with and without noise", async () => {
  const logits = randomArray([5, 4], 3);
  const reference =
    (normalization: "sum" | "none", std: number) =>
    (x: { shape: readonly number[]; data: ArrayLike<number> }, sample?: typeof x) => {
      const clean = rowsOf(x);
      const noise = sample && rowsOf(sample);
      const gates = clean.map((row, n) =>
        softmaxOf(row.map((v, e) => v + std * (noise?.[n]?.[e] ?? 0))),
      );
      const weigh = (n: number, chosen: readonly number[]) => {
        const own = chosen.map((e) => gates[n]![e]!);
        return normalization === "sum" ? normalized(own) : own;
      };
      return choose(gates, 2, weigh, clean.map(softmaxOf));
    };
  await checkOperators(
    (["sum", "none"] as const).flatMap((normalization) => [
      {
        fn: (x) => parts(softmaxTopKRouting(x!, { numSelectedExperts: 2, normalization })),
        inputs: [logits],
        reference: (x) => reference(normalization, 0)(x!),
      },
      {
        fn: (x, sample) =>
          parts(
            softmaxTopKRouting(x!, {
              numSelectedExperts: 2,
              normalization,
              noise: { sample: sample!, std: 0.25 },
            }),
          ),
        inputs: [logits, randomArray([5, 4], 4)],
        reference: (x, sample) => reference(normalization, 0.25)(x!, sample!),
      },
    ]),
  );
});
