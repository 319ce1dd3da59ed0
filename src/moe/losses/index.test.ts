import { expect, test } from "vitest";
import { array, type NdArray, toNumbers } from "../../graph/array.ts";
import type { Tensor } from "../../graph/graph.ts";
import { transpose } from "../../ops/reshape.ts";
import { softmax } from "../../ops/softmax.ts";
import { topK } from "../../ops/top-k.ts";
import { evaluate, valueAndGradients } from "../../runtime/evaluate.ts";
import type { Routing } from "../routing.ts";
import {
  type AuxiliaryLossName,
  type AuxiliaryLossOptions,
  auxiliaryLoss,
  auxiliaryLosses,
} from "./index.ts";
import { maskOf } from "./losses.fixture.ts";

const logits = array([
  [2, 1, 0.5, -1],
  [0.1, 0.2, 0.3, 0.4],
]);

function routingOf(
  clean: Tensor,
  noise?: { readonly noisy: Tensor; readonly std: number },
): Routing {
  const probabilities = softmax(clean);
  const { values, indices } = topK(probabilities, 2);
  return {
    numExperts: 4,
    numSelectedExperts: 2,
    ids: transpose(indices),
    combineWeights: transpose(values),
    probabilities,
    logits: clean,
    ...(noise && { noisyLogits: noise.noisy, noiseStd: noise.std }),
  };
}

const names = auxiliaryLosses.list().map(({ name }) => name);
const needed: AuxiliaryLossOptions = { numTokens: 2 };

test.each(names)(
  "%s: a finite scalar with a gradient, and padding affects neither",
  async (name) => {
    const run = async (rows: NdArray, mask: NdArray): Promise<number[]> => {
      const { value, gradients } = await valueAndGradients(
        (x, m) =>
          auxiliaryLoss(name, routingOf(x, { noisy: x, std: 0.5 }), { ...needed, mask: m! })!,
        [rows, mask],
        { wrt: [0] },
      );
      expect(value.shape).toEqual([]);
      return [...toNumbers(value), ...toNumbers(gradients[0]!)];
    };
    const tokens = [
      [2, 1, 0.5, -1],
      [0.1, 0.7, 0.3, 0.4],
    ];
    const bare = await run(array(tokens), maskOf([1, 1]));
    expect(bare.every(Number.isFinite)).toBe(true);
    expect(bare.slice(1).some((slope) => slope !== 0)).toBe(true);
    const padded = await run(array([...tokens, [9, -9, 3, 0], [1, 8, 0, 0]]), maskOf([1, 1, 0, 0]));
    for (const [i, value] of bare.entries()) expect(padded[i]).toBeCloseTo(value, 5);
    expect(padded.slice(9).map(Math.abs)).toEqual(Array<number>(8).fill(0));
  },
);

test("names select the losses of the papers", async () => {
  const expected: [AuxiliaryLossName, AuxiliaryLossOptions, number][] = [
    ["z", {}, 4.4619278],
    ["z", { reduction: "sum" }, 8.9238557],
    ["mean_square_balance", {}, 0.287354],
    ["kl_to_uniform", {}, 0.0689557],
    // First choices 0 and 3: E/2 (P_0 + P_3), with P_0 = (0.6094600 + 0.2138383) / 2.
    ["balance", {}, 4 * 0.5 * (0.4116492 + 0.1594973)],
  ];
  const values = await evaluate(
    (x) => expected.map(([name, options]) => auxiliaryLoss(name, routingOf(x), options)!),
    [logits],
  );
  for (const [i, [name, , value]] of expected.entries()) {
    expect(toNumbers(values[i]!)[0], name).toBeCloseTo(value, 4);
  }
});

test("importance of the sparse gates differs from importance of all probabilities", async () => {
  const [gates, all] = await evaluate(
    (x) => [
      auxiliaryLoss("importance", routingOf(x), { importanceOf: "gates" })!,
      auxiliaryLoss("importance", routingOf(x))!,
    ],
    [logits],
  );
  expect(toNumbers(gates!)[0]).toBeGreaterThan(toNumbers(all!)[0]!);
});

test("load losses are absent without noise, and computing them is refused", async () => {
  const noisy = auxiliaryLosses.list().filter(({ needs }) => needs.includes("noise"));
  expect(noisy.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["load", "load_excluding_self"]),
  );
  const [checked] = await evaluate(
    (x) => {
      for (const { name, compute } of noisy) {
        expect(auxiliaryLoss(name, routingOf(x))).toBeUndefined();
        expect(() => compute(routingOf(x), {})).toThrow(
          `the loss ${name} needs a router with noise on its logits`,
        );
      }
      expect(() => auxiliaryLoss("sequence_balance", routingOf(x))).toThrow("needs num_tokens");
      return x;
    },
    [logits],
  );
  expect(checked!.shape).toEqual([2, 4]);
});

test("every loss has a description and a source", () => {
  for (const { description, paper } of auxiliaryLosses.list()) {
    expect(description).toMatch(/^[a-z]/);
    expect(paper).not.toBe("");
  }
});
