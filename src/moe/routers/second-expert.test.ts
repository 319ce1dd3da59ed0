import { expect, test } from "vitest";
import { array, toNumbers } from "../../graph/array.ts";
import type { Tensor } from "../../graph/graph.ts";
import { zeros } from "../../nn/initializers.ts";
import { createScope, type Scope } from "../../nn/scope.ts";
import { checkOperator, randomArray } from "../../ops/check.fixture.ts";
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
  valuesOf,
} from "./routers.fixture.ts";
import { secondExpertPolicy, secondExpertRouter } from "./second-expert.ts";
import { softmaxTopKRouting } from "./softmax-top-k.ts";

// Normalised second weights 0.1, 0.3 and 0.15.
const x = array([
  [Math.log(0.9), Math.log(0.1)],
  [Math.log(0.7), Math.log(0.3)],
  [Math.log(0.15), Math.log(0.85)],
]);
const values = { weight: identity(2), second_expert: array([0.49, 0.99, 0.76]) };
const firsts = [0.9, 0.7, 0.85];

test.each([
  ["all", [1, 1, 0], [0.1, 0.3, 0.15]],
  ["none", [2, 2, 2], [0, 0, 0]],
  ["threshold", [2, 1, 2], [0, 0.3, 0]],
  // Kept with probabilities 0.5, 1 and 0.75.
  ["random", [1, 1, 2], [0.1, 0.3, 0]],
] as const)("policy %s", async (policy, seconds, weights) => {
  const outputs = await route(
    (scope, input) => secondExpertRouter(scope, input, { numExperts: 2, policy }),
    x,
    { values, training: true },
  );
  expect(toNumbers(outputs.ids!)).toEqual([0, 0, 1, ...seconds]);
  expectValues(outputs.combineWeights, [...firsts, ...weights]);
});

test("evaluation draws no random numbers and uses the threshold", async () => {
  const router = (scope: Scope, input: Tensor) =>
    secondExpertRouter(scope, input, { numExperts: 2, policy: "random" });
  expect(randomsOf(router, true)).toEqual(["second_expert"]);
  expect(randomsOf(router, false)).toEqual([]);
  const { ids } = await route(router, x, { values });
  expect(toNumbers(ids!)).toEqual([0, 0, 1, 2, 1, 2]);
});

test("only top-2 routings have a second expert", () => {
  const logits = createScope({ training: true }).scope.state("x", [2, 4], zeros);
  const routing = softmaxTopKRouting(logits, { numSelectedExperts: 3 });
  expect(() => secondExpertPolicy(routing, "none")).toThrow(
    "second-expert policies need num_selected_experts = 2, got 3",
  );
});

test("gradients with threshold selection", async () => {
  await checkOperator({
    fn: (logits) =>
      parts(
        secondExpertPolicy(softmaxTopKRouting(logits!, { numSelectedExperts: 2 }), "threshold", {
          threshold: 0.3,
        }),
      ),
    inputs: [randomArray([6, 4], 5)],
    reference: (logits) => {
      const p = rowsOf(logits!).map(softmaxOf);
      const weigh = (n: number, chosen: readonly number[]) =>
        normalized(chosen.map((e) => p[n]![e]!));
      const [ids, weights, all] = choose(p, 2, weigh, p).map(rowsOf);
      const kept = weights![1]!.map((weight) => weight > 0.3);
      return [
        valuesOf([ids![0]!, ids![1]!.map((e, n) => (kept[n] ? e : 4))]),
        valuesOf([weights![0]!, weights![1]!.map((weight, n) => (kept[n] ? weight : 0))]),
        valuesOf(all!),
      ];
    },
  });
});
