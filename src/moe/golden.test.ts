/**
 * Published and independently computed values that no other test has, together with the differing
 * values of some public implementations. The latter are written out in plain arithmetic, because the
 * library has no such mode.
 */
import { describe, expect, test } from "vitest";
import { array, toNumbers } from "../graph/array.ts";
import { add, mul } from "../ops/arithmetic.ts";
import { reduceSum } from "../ops/reduce.ts";
import { softmax } from "../ops/softmax.ts";
import { evaluate } from "../runtime/evaluate.ts";
import { importanceLoss, sparseGates } from "./losses/importance.ts";
import { shazeerLoadLoss } from "./losses/load.ts";
import {
  columnMeans,
  entriesOf,
  lossOf,
  maskOf,
  normalCdfOf,
  rowsOf,
  softmaxOf,
  variationOf,
} from "./losses/losses.fixture.ts";
import { sequenceBalanceLoss } from "./losses/sequence-balance.ts";
import { chosenExperts } from "./losses/tokens.ts";
import { zLoss } from "./losses/z-loss.ts";
import { cosineLogits } from "./routers/cosine.ts";
import { selectTokens } from "./routers/expert-choice.ts";
import { biasRouting } from "./routers/loss-free-bias.ts";
import { noisyTopKRouting } from "./routers/noisy-top-k.ts";
import { best, sumOf } from "./routers/routers.fixture.ts";
import { softmaxTopKRouting } from "./routers/softmax-top-k.ts";

function expectNear(found: readonly number[], expected: readonly number[], digits = 6): void {
  expect(found.length).toBe(expected.length);
  for (const [i, value] of found.entries()) expect(value).toBeCloseTo(expected[i]!, digits);
}

// Clean logits and noise of google-research/vmoe's routing_test.py; sigma 0.1, K = 2.
const clean = [
  [0.9, 0.06, 0.04],
  [0.7, 0.18, 0.12],
  [0.85, 0.05, 0.1],
];
const noise = [
  [-0.037, 0.026, -0.018],
  [-0.074, 0.045, -0.015],
  [-0.067, -0.059, 0.073],
];

describe("Shazeer's auxiliary loss, 0.01 (CV^2(importance) + CV^2(load)), unbiased variances", () => {
  test("0.0090186 (computed in float64 from arXiv:1701.06538, eq. 6-11)", async () => {
    const loss = await lossOf(
      (logits, drawn) => {
        const noisyLogits = add(logits, drawn);
        const routing = noisyTopKRouting(noisyLogits, { numSelectedExperts: 2 });
        const gates = sparseGates(routing.ids, routing.combineWeights, 3);
        const noisy = { logits, noisyLogits, noiseStd: 0.1, numSelectedExperts: 2 };
        const options = { unbiased: true };
        return mul(add(importanceLoss(gates, options), shazeerLoadLoss(noisy, options)), 0.01);
      },
      [array(clean), array(noise)],
    );
    expect(loss).toBeCloseTo(0.0090186, 6);
  });

  test("not 0.0298159, with thresholds that are probabilities (davidmrau/mixture-of-experts f662999)", () => {
    const noisy = clean.map((row, n) => row.map((value, e) => value + noise[n]![e]!));
    const load = noisy.map((row, n) => {
      const [, ifNot, ifChosen] = softmaxOf(row).toSorted((a, b) => b - a) as [
        number,
        number,
        number,
      ];
      return row.map((value, e) => {
        const threshold = value > ifChosen ? ifChosen : ifNot;
        return normalCdfOf((clean[n]![e]! - threshold) / 0.1);
      });
    });
    const perExpert = columnMeans(load).map((mean) => 3 * mean);
    expectNear(perExpert, [2.99999396, 0.17002863, 0.10300436]);
    const gates = noisy.map((row) => {
      const chosen = best(row, 2);
      const weights = softmaxOf(chosen.map((e) => row[e]!));
      return row.map((_, e) => (chosen.includes(e) ? weights[chosen.indexOf(e)]! : 0));
    });
    const total = 0.01 * (variationOf(columnMeans(gates), 1) + variationOf(perExpert, 1));
    expect(total).toBeCloseTo(0.0298159, 6);
  });

  test("not 0.1137136, with probabilities against noisy logits (microsoft/tutel, load_importance)", async () => {
    const gates = clean.map(softmaxOf);
    const importance = await lossOf(
      (logits) => importanceLoss(softmax(logits), { unbiased: true }),
      [array(clean)],
    );
    expect(importance).toBeCloseTo(0.2056811, 6); // this half is the same
    const load = gates.map((row, n) => {
      const threshold = clean[n]!.map((value, e) => value + noise[n]![e]!).sort(
        (a, b) => b - a,
      )[1]!;
      return row.map((gate) => normalCdfOf((gate - threshold) / 0.1));
    });
    const loadVariation = variationOf(columnMeans(load), 1);
    expect(loadVariation).toBeCloseTo(0.021746, 6);
    expect((importance + loadVariation) / 2).toBeCloseTo(0.1137136, 6);
  });
});

test("expert choice, C = 2 (google-research/vmoe, routing_test.py)", async () => {
  const gates = [
    [0.4, 0, 0.2],
    [0.5, 0.1, 0.4],
    [0.3, 0.2, 0.6],
  ];
  const [ids, weights] = await evaluate(
    (g) => {
      const { tokenIds, combineWeights } = selectTokens(g, { capacity: 2 });
      return [tokenIds, combineWeights];
    },
    [array(gates)],
  );
  const perToken = [0, 1, 2].map((n) => toNumbers(ids!).filter((id) => id === n).length);
  expect([Math.min(...perToken), Math.max(...perToken)]).toEqual([1, 3]);
  expect([1, 2, 3].map((least) => perToken.filter((count) => count >= least).length)).toEqual([
    3, 2, 1,
  ]);
  expectNear([Math.min(...toNumbers(weights!)), Math.max(...toNumbers(weights!))], [0.1, 0.6]);
});

// Computed in float64 from the published formulas.
const X = [
  [2, 1, 0.5, -1],
  [0.1, 0.2, 0.3, 0.4],
];

describe("two of four gates", () => {
  test("sum to 1 exactly, not only to 1e-6 (davidmrau/mixture-of-experts f662999)", async () => {
    const ours = await entriesOf(
      (x) => softmaxTopKRouting(x, { numSelectedExperts: 2 }).combineWeights,
      [array(X)],
    );
    expectNear(ours, [0.7310585786, 0.5249791875, 0.2689414214, 0.4750208125]);
    const published = X.map(softmaxOf).map((p) => {
      const chosen = best(p, 2).map((e) => p[e]!);
      return chosen.map((value) => value / (sumOf(chosen) + 1e-6));
    });
    expectNear(published.flat(), [0.7310577, 0.2689411, 0.5249782, 0.4750199], 7);
  });

  test("are not a softmax of chosen probabilities (yaolidong/diff-MoE 936f394)", () => {
    const published = X.map(softmaxOf).map((p) => softmaxOf(best(p, 2).map((e) => p[e]!)));
    expectNear(published.flat(), [0.5951392, 0.4048608, 0.5068668, 0.4931332]);
  });

  test("z-loss of each token: the square of its log-sum-exp", async () => {
    for (const [n, logSumExp] of [2.4951818981, 1.6425355295].entries()) {
      const kept = maskOf([Number(n === 0), Number(n === 1)]);
      const loss = await lossOf((x, mask) => zLoss(x, { mask }), [array(X), kept]);
      expect(Math.sqrt(loss)).toBeCloseTo(logSumExp, 6);
    }
  });
});

test("probabilities of tutel's cosine gate (computed in float64)", async () => {
  // x = [1, 2, -1] through [[1, 0, 1], [0, 1, -1]] and a bias of [0.1, -0.1].
  const found = await entriesOf(
    (h, s, t) => softmax(cosineLogits(h, s, t)),
    [array([[0.1, 2.9]]), array([[1, 0.5, -1], [0, 1, 2]]), array([Math.log(2)])], // biome-ignore format: matrices
  );
  expectNear(found, [0.0822253, 0.4730276, 0.4447471]);
});

test("DeepSeek's routing and its loss in sequence (computed in float64)", async () => {
  const z = [
    [0.5, -0.2, 1, 0.3],
    [0.1, 0.9, -0.5, 0.2],
  ];
  const [ids, weights, fractions, loss] = await evaluate(
    (logits, bias) => {
      const routing = biasRouting(logits, bias, { numSelectedExperts: 2, routeScale: 2.5 });
      return [
        routing.ids,
        routing.combineWeights,
        mul(reduceSum(chosenExperts(routing.ids, 4), 0), 4 / (2 * 2)), // E / (K S)
        sequenceBalanceLoss(routing.probabilities, routing.ids, { numTokens: 2 }),
      ];
    },
    [array(z), array([0, 0.3, -0.4, 0.1])],
  );
  expect(rowsOf({ shape: [2, 2], data: toNumbers(ids!) })).toEqual([[1, 1], [3, 3]]); // biome-ignore format: a matrix
  expectNear(toNumbers(weights!), [1.0983854, 1.4097375, 1.4016146, 1.0902625]);
  expect(toNumbers(fractions!)).toEqual([0, 2, 0, 2]);
  expectNear(toNumbers(loss!), [1.0136517]);
});
