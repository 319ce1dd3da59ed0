/** Routing functions at logits whose exponentials underflow, and at ties. */
import { describe, expect, test } from "vitest";
import { gradients } from "../autodiff/gradients.ts";
import { array, type NdArray, toNumbers } from "../graph/array.ts";
import type { Tensor } from "../graph/graph.ts";
import { constant } from "../graph/inputs.ts";
import { zeros } from "../nn/initializers.ts";
import type { Scope } from "../nn/scope.ts";
import { tanh } from "../ops/activation.ts";
import { mul } from "../ops/arithmetic.ts";
import { reduceSum } from "../ops/reduce.ts";
import { reshape } from "../ops/reshape.ts";
import { denseDispatcher } from "./dispatch/dense.ts";
import { type Dispatcher, droplessDispatcher } from "./dispatch/dropless.ts";
import { expertChoiceDispatcher } from "./dispatch/expert-choice.ts";
import { limitCapacity } from "./dispatch/limit-capacity.ts";
import { softDispatcher } from "./dispatch/soft.ts";
import { auxiliaryLoss, auxiliaryLosses } from "./losses/index.ts";
import { attentiveRouter } from "./routers/attentive.ts";
import { baseRouting } from "./routers/base.ts";
import { cosineLogits } from "./routers/cosine.ts";
import { denseRouting } from "./routers/dense.ts";
import { expertChoiceRouting } from "./routers/expert-choice.ts";
import { biasRouting } from "./routers/loss-free-bias.ts";
import { noisyTopKRouting } from "./routers/noisy-top-k.ts";
import { identity } from "./routers/routers.fixture.ts";
import { secondExpertPolicy } from "./routers/second-expert.ts";
import { softRouting } from "./routers/soft.ts";
import { softmaxTopKRouting } from "./routers/softmax-top-k.ts";
import { switchRouting } from "./routers/switch.ts";
import { topPRouting } from "./routers/top-p.ts";
import { yuanLogits } from "./routers/yuan.ts";
import type { Routing } from "./routing.ts";
import { run } from "./run.fixture.ts";

const E = 4;
const two = { numSelectedExperts: 2 };
const noise = { sample: 0.3, std: 0.01 };

type Route = (logits: Tensor, scope: Scope) => Routing;

const noisy = (logits: Tensor) => ({
  sample: constant(
    logits.graph,
    Array.from({ length: 6 }, () => Array<number>(E).fill(noise.sample)),
  ),
  std: noise.std,
});

/** Routing functions of logits, and their numbers of experts for a token with equal logits. */
const functions: readonly (readonly [name: string, chosen: number, route: Route])[] = [
  ["Switch", 1, switchRouting],
  ["softmax top-k", 2, (z) => softmaxTopKRouting(z, two)],
  ["V-MoE", 2, (z) => softmaxTopKRouting(z, { ...two, normalization: "none", noise: noisy(z) })],
  ["noisy top-k", 2, (z) => noisyTopKRouting(z, { ...two, noise: noisy(z) })],
  ["BASE", 1, (z) => baseRouting(z)],
  ["cosine", 2, (z) => softmaxTopKRouting(cosineLogits(z, constant(z.graph, identity(E)), constant(z.graph, [0.5])), two)], // biome-ignore format: one expression
  ["Yuan", 2, (z) => softmaxTopKRouting(yuanLogits(z, z, z), two)],
  ["loss-free bias", 2, (z, scope) => biasRouting(z, scope.state("bias", [E], zeros), two)],
  [
    "loss-free bias, groups",
    2,
    (z, scope) =>
      biasRouting(z, scope.state("bias", [E], zeros), {
        ...two,
        numGroups: 2,
        numSelectedGroups: 1,
      }),
  ],
  [
    "loss-free bias, scores as weights",
    2,
    (z, scope) =>
      biasRouting(z, scope.state("bias", [E], zeros), { ...two, normalization: "none" }),
  ],
  ["top-p", 3, (z) => topPRouting(z, { probability: 0.6 })],
  ["top-p, normalised", 3, (z) => topPRouting(z, { probability: 0.6, normalization: "sum" })],
  ["second expert", 2, (z) => secondExpertPolicy(softmaxTopKRouting(z, two), "threshold")],
  ["attentive", 2, (z, scope) => attentiveRouter(scope, z, { ...two, numExperts: E })],
  [
    "attentive, sigmoid",
    2,
    (z, scope) => attentiveRouter(scope, z, { ...two, numExperts: E, gate: "sigmoid" }),
  ],
];

const values = {
  bias: array([0, 0, 0, 0]),
  "router.weight": identity(E),
  "router.bias": array([0, 0, 0, 0]),
};

const rows: Readonly<Record<string, readonly number[][]>> = {
  "all 1e4": Array.from({ length: 6 }, () => [1e4, 1e4, 1e4, 1e4]),
  "all -1e4": Array.from({ length: 6 }, () => [-1e4, -1e4, -1e4, -1e4]),
  "all 0": Array.from({ length: 6 }, () => [0, 0, 0, 0]),
  "1e4 and -1e4": [
    [1e4, -1e4, 0, 0],
    [-1e4, -1e4, -1e4, 1e4],
    [-1e4, 1e4, 1e4, 1e4],
    [1e4, 1e4, -1e4, -1e4],
    [-1e4, -1e4, -1e4, 0],
    [1, 2, 1e4, -1e4],
  ],
  "one expert for all": Array.from({ length: 6 }, () => [-1e4, 1e4, -1e4, -1e4]),
};

const output = (x: Tensor, dispatcher: Dispatcher): Tensor =>
  dispatcher.combine(dispatcher.dispatch(x).map((own, e) => mul(tanh(own), e + 1)));

function expectFinite(outputs: Readonly<Record<string, NdArray>>): void {
  const bad = Object.entries(outputs).filter(
    ([, value]) => !toNumbers(value).every(Number.isFinite),
  );
  expect(bad.map(([name]) => name)).toEqual([]);
}

describe.each(functions)("%s", (_, chosen, route) => {
  test.each(Object.entries(rows))(
    "logits %s: outputs, losses and gradients are finite",
    async (_name, logits) => {
      const outputs = await run(
        (scope, { z }) => {
          const routing = route(z!, scope.child("router"));
          const limited = limitCapacity(routing, {
            capacity: 2,
            priority: "batch",
            normalization: "after",
          });
          const parts: Record<string, Tensor> = {
            output: output(z!, droplessDispatcher(routing)),
            limited: output(z!, droplessDispatcher(limited)),
            weights: routing.combineWeights,
          };
          for (const { name } of auxiliaryLosses.list()) {
            const loss = auxiliaryLoss(name, routing, { numTokens: 3, threshold: 1 });
            if (loss !== undefined) parts[`loss ${name}`] = loss;
          }
          const slopes = Object.entries(parts).map(([name, part]) => {
            const scaled = name === "weights" ? mul(part, part) : part;
            return [`gradient of ${name}`, gradients(reduceSum(scaled), [z!])[0]!] as const;
          });
          return { ...parts, ...Object.fromEntries(slopes), success: limited.successRate };
        },
        { inputs: { z: array(logits.map((row) => [...row])) }, values },
      );
      expectFinite(outputs);
    },
  );

  test("ties go to the lower index, and equal tokens keep their order", async () => {
    const outputs = await run(
      (scope, { z }) => {
        const routing = route(z!, scope.child("router"));
        const limited = limitCapacity(routing, { capacity: 2, priority: "batch" });
        return { ids: routing.ids, limited: limited.ids };
      },
      { inputs: { z: array(rows["all 0"]!.map((row) => [...row])) }, values },
    );
    const [ids, limited] = [toNumbers(outputs.ids!), toNumbers(outputs.limited!)];
    for (const [i, e] of ids.entries()) {
      const [k, n] = [Math.floor(i / 6), i % 6];
      expect(e).toBe(k < chosen ? k : E);
      expect(limited[i]).toBe(n < 2 ? e : E);
    }
  });
});

test.each(Object.entries(rows))(
  "expert choice, slots and dense at logits %s",
  async (_, logits) => {
    const outputs = await run(
      (_scope, { z }) => {
        const choice = expertChoiceRouting(z!, { capacity: 2, groupSize: 3 });
        const soft = softRouting(reshape(z!, [2, 3, E]), { numExperts: E });
        const parts: Record<string, Tensor> = {
          choice: output(z!, expertChoiceDispatcher(choice)),
          soft: output(z!, softDispatcher(soft)),
          dense: output(z!, denseDispatcher(denseRouting(z!))),
        };
        const slopes = Object.entries(parts).map(
          ([name, part]) =>
            [`gradient of ${name}`, gradients(reduceSum(mul(part, part)), [z!])[0]!] as const,
        );
        return { ...parts, ...Object.fromEntries(slopes), tokens: choice.tokenIds };
      },
      { inputs: { z: array(logits.map((row) => [...row])) } },
    );
    expectFinite(outputs);
    if (new Set(logits.map(String)).size > 1) return;
    // Equal tokens: the first of each group, for every expert.
    expect(toNumbers(outputs.tokens!)).toEqual(
      Array.from({ length: E }, () => [0, 1, 3, 4]).flat(),
    );
  },
);
