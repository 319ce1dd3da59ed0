import { expect, test } from "vitest";
import { array, type NdArray, toNumbers } from "../../graph/array.ts";
import type { Tensor } from "../../graph/graph.ts";
import { add } from "../../ops/arithmetic.ts";
import { checkOperator, randomArray, type Values } from "../../ops/check.fixture.ts";
import { reduceMean, reduceSum } from "../../ops/reduce.ts";
import { softmax } from "../../ops/softmax.ts";
import {
  type NoisyLogits,
  selectionProbabilities,
  shazeerLoadLoss,
  vmoeLoadLoss,
  vmoeSelectionProbabilities,
} from "./load.ts";
import {
  columnMeans,
  entriesOf,
  lossOf,
  maskOf,
  normalCdfOf,
  rowsOf,
  scalarOf,
  softmaxOf,
  variationOf,
} from "./losses.fixture.ts";

// From V-MoE's routing_test.py: sigma 0.1, K = 2.
const logits = array([
  [0.9, 0.06, 0.04],
  [0.7, 0.18, 0.12],
  [0.85, 0.05, 0.1],
]);
const noise = array([
  [-0.037, 0.026, -0.018],
  [-0.074, 0.045, -0.015],
  [-0.067, -0.059, 0.073],
]);
const noisy = (clean: Tensor, drawn: Tensor): NoisyLogits => ({
  logits: clean,
  noisyLogits: add(clean, drawn),
  noiseStd: 0.1,
  numSelectedExperts: 2,
});

const valuesOf = (x: NdArray): Values => ({ shape: x.shape, data: toNumbers(x) });

function expectClose(found: readonly number[], expected: readonly number[], digits: number): void {
  expect(found.length).toBe(expected.length);
  for (const [i, value] of found.entries()) expect(value).toBeCloseTo(expected[i]!, digits);
}

test("V-MoE's value (vmoe routing_test.py)", async () => {
  const means = await entriesOf(
    (x, z) => reduceMean(vmoeSelectionProbabilities(noisy(x, z)), 0),
    [logits, noise],
  );
  expectClose(means, [0.9999997, 0.2777119, 0.2341041], 6);
  const loss = await lossOf((x, z) => vmoeLoadLoss(noisy(x, z)), [logits, noise]);
  expect(loss).toBeCloseTo(0.4857386, 5);
});

test("Shazeer et al.'s value, computed in float64", async () => {
  const load = await entriesOf(
    (x, z) => reduceSum(selectionProbabilities(noisy(x, z)), 0),
    [logits, noise],
  );
  expectClose(load, [3, 1.5307485, 1.3317605], 5);
  const loss = await lossOf((x, z) => shazeerLoadLoss(noisy(x, z)), [logits, noise]);
  expect(loss).toBeCloseTo(0.1449363, 6);
  const unbiased = await lossOf(
    (x, z) => shazeerLoadLoss(noisy(x, z), { unbiased: true }),
    [logits, noise],
  );
  expect(unbiased).toBeCloseTo(0.2174045, 6);
});

test("values of public code that mixes probabilities with logits differ", async () => {
  // davidmrau/mixture-of-experts f662999: thresholds are probabilities, the other values are logits.
  const published = rowsOf(valuesOf(logits)).map((row, n) => {
    const values = row.map((value, e) => value + Number(noise.data[3 * n + e]));
    const [, ifNot = 0, ifChosen = 0] = softmaxOf(values).toSorted((a, b) => b - a);
    return row.map((value, e) =>
      normalCdfOf((value - (values[e]! > ifChosen ? ifChosen : ifNot)) / 0.1),
    );
  });
  expect(variationOf(columnMeans(published), 1)).toBeCloseTo(2.2971431, 4);
  // Tutel's load_importance_loss: clean values are probabilities, thresholds are logits.
  const tutel = await lossOf(
    (x, z) => vmoeLoadLoss({ ...noisy(x, z), logits: softmax(x) }, { unbiased: true }),
    [logits, noise],
  );
  expect(tutel).toBeCloseTo(0.021746, 5);
  const ours = await lossOf(
    (x, z) => shazeerLoadLoss(noisy(x, z), { unbiased: true }),
    [logits, noise],
  );
  expect(ours).toBeCloseTo(0.2174045, 6);
});

test("masked tokens have no effect", async () => {
  const mask = maskOf([1, 1, 1, 0]);
  const padded = [logits, noise].map((matrix, i) =>
    array([...rowsOf(valuesOf(matrix)), [9, -9 + i, 5]]),
  );
  const inputs = [...padded, mask];
  const load = await lossOf((x, z, m) => vmoeLoadLoss(noisy(x, z), { mask: m }), inputs);
  expect(load).toBeCloseTo(0.4857386, 5);
  const other = await lossOf((x, z, m) => shazeerLoadLoss(noisy(x, z), { mask: m }), inputs);
  expect(other).toBeCloseTo(0.1449363, 6);
});

test("with K = E, the loss that excludes the expert itself is refused", async () => {
  const run = lossOf(
    (x, z) => shazeerLoadLoss({ ...noisy(x, z), numSelectedExperts: 3 }),
    [logits, noise],
  );
  await expect(run).rejects.toThrow(
    "the load loss needs num_selected_experts below the number of experts (3), got 3",
  );
});

test("all experts chosen: V-MoE's form compares each with the smallest noisy logit", async () => {
  const both = await entriesOf(
    (x, z) => vmoeSelectionProbabilities(noisy(x, z)),
    [array([[1, 1.05]]), array([[0, 0]])],
  );
  expectClose(both, [0.5, 0.6914625], 6); // Phi(0), Phi(0.5)
});

function referenceOf(excludingSelf: boolean, correction: number) {
  return (x: Values, z: Values, s: Values): Values => {
    const [clean, drawn, std] = [rowsOf(x), rowsOf(z), rowsOf(s)];
    const probabilities = clean.map((row, n) => {
      const values = row.map((value, e) => value + drawn[n]![e]!);
      return row.map((value, e) => {
        const rivals = excludingSelf ? values.filter((_, other) => other !== e) : values;
        const threshold = rivals.toSorted((a, b) => b - a)[1]!; // K = 2
        return normalCdfOf((value - threshold) / std[n]![e]!);
      });
    });
    return scalarOf(variationOf(columnMeans(probabilities), correction));
  };
}

test.each([
  ["V-MoE", vmoeLoadLoss, false],
  ["Shazeer", shazeerLoadLoss, true],
] as const)("%s: gradients by logits, noise and learned deviation", async (_, loss, excluding) => {
  for (const unbiased of [false, true]) {
    await checkOperator({
      fn: (x, z, s) => loss({ ...noisy(x, z), noiseStd: s! }, { unbiased }),
      reference: (x, z, s) => referenceOf(excluding, unbiased ? 1 : 0)(x!, z!, s!),
      inputs: [
        randomArray([4, 5], 1, -1, 1),
        randomArray([4, 5], 2, -1, 1),
        randomArray([4, 5], 3, 0.6, 1.5),
      ],
    });
  }
});
