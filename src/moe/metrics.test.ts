import { expect, test } from "vitest";
import { array, type NdArray, toNumbers } from "../graph/array.ts";
import type { Tensor } from "../graph/graph.ts";
import { batch } from "../graph/shape.ts";
import { runScoped } from "../nn/scope.fixture.ts";
import { evaluate } from "../runtime/evaluate.ts";
import { entropyOf, idsOf, maskOf } from "./losses/losses.fixture.ts";
import {
  assignmentCounts,
  deadExperts,
  labelCounts,
  maxViolationOf,
  mutualInformationOf,
  type RoutingMetrics,
  routingMetrics,
  routingMetricsByModality,
  successRate,
} from "./metrics.ts";

// Four tokens, E = 3, K = 2; 3 stands for a dropped choice. The last token is padding.
const ids = idsOf([
  [0, 0, 1, 3],
  [1, 3, 3, 3],
]);
const rows = [
  [0.5, 0.25, 0.25],
  [0.75, 0.25, 0],
  [0.25, 0.5, 0.25],
];
const probabilities = array([...rows, [0, 0, 1]]);

type Values = Record<keyof RoutingMetrics, number[]>;

async function metricsOf(mask: readonly number[]): Promise<Values> {
  const { outputs } = await runScoped(
    (_, { i, p, m }) => ({
      ...routingMetrics({ ids: i!, probabilities: p!, numExperts: 3 }, { mask: m! }),
    }),
    {
      inputs: { i: ids, p: probabilities, m: maskOf(mask) },
      shapes: { i: [2, batch()], p: [batch(), 3], m: [batch()] },
    },
  );
  return Object.fromEntries(
    Object.entries(outputs).map(([name, value]) => [name, toNumbers(value)]),
  ) as Values;
}

function expectMetrics(found: Values, expected: Values): void {
  expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, values] of Object.entries(expected)) {
    const got = found[name as keyof RoutingMetrics];
    expect(got.length, name).toBe(values.length);
    for (const [i, value] of values.entries()) expect(got[i], name).toBeCloseTo(value, 6);
  }
}

test("all metrics of the tokens that count, by hand", async () => {
  const entropies = rows.map(entropyOf);
  expectMetrics(await metricsOf([1, 1, 1, 0]), {
    load: [2 / 4, 2 / 4, 0],
    importance: [1.5 / 3, 1 / 3, 0.5 / 3],
    localEntropy: [entropies.reduce((sum, h) => sum + h, 0) / 3],
    globalEntropy: [entropyOf([1 / 2, 1 / 3, 1 / 6])],
    mutualInformation: [
      entropyOf([1 / 2, 1 / 3, 1 / 6]) - entropies.reduce((sum, h) => sum + h, 0) / 3,
    ],
    maxViolation: [0.5], // 2 over a mean of 4/3
    deadExperts: [1],
    gateConfidence: [(0.5 + 0.75 + 0.5) / 3],
    successRate: [4 / 6],
    droppedFraction: [2 / 6],
  });
});

test("without any token all metrics are zero, but that all experts are dead", async () => {
  const found = await metricsOf([0, 0, 0, 0]);
  const { deadExperts: dead, droppedFraction, ...rest } = found;
  expect([dead, droppedFraction]).toEqual([[3], [1]]);
  for (const values of Object.values(rest)) {
    expect(new Set(values.map(Math.abs))).toEqual(new Set([0]));
  }
});

test("modalities are measured apart", async () => {
  const found = await evaluate(
    (i, p, image, text) => {
      const by = routingMetricsByModality(
        { ids: i!, probabilities: p!, numExperts: 3 },
        { image: image!, text: text! },
      );
      return [by.image.load, by.text.load, by.image.successRate, by.text.successRate];
    },
    [ids, probabilities, maskOf([1, 1, 0, 0]), maskOf([0, 0, 1, 0])],
  );
  const [image, text, ...rates] = found.map(toNumbers);
  expect(image![0]).toBeCloseTo(2 / 3, 6);
  expect(image![1]).toBeCloseTo(1 / 3, 6);
  expect(text).toEqual([0, 1, 0]);
  expect(rates).toEqual([[0.75], [0.5]]);
});

test("counts, violation and dead experts on their own", async () => {
  const run = async (fn: (x: Tensor) => Tensor, x: NdArray) => {
    const [value] = await evaluate((given) => fn(given!), [x]);
    return toNumbers(value!);
  };
  expect(await run((i) => assignmentCounts(i, 3), ids)).toEqual([2, 2, 0]);
  expect(await run((i) => successRate(i, 3), ids)).toEqual([0.5]);
  expect(await run(maxViolationOf, array([4, 1, 3, 0]))).toEqual([1]); // worked out by hand
  expect(await run(deadExperts, array([4, 0, 3, 0]))).toEqual([2]);
});

test("success is a fraction of what tokens asked for, which need not be K experts", async () => {
  const success = async (attempted: number[], mask: number[]) => {
    const [rate] = await evaluate(
      (i, a, m) => [successRate(i!, 3, m!, a!)],
      [ids, array(attempted), maskOf(mask)],
    );
    return toNumbers(rate!)[0];
  };
  // Tokens have 2, 1, 1 and 0 experts.
  expect(await success([2, 1, 2, 2], [1, 1, 1, 0])).toBeCloseTo(4 / 5, 6);
  expect(await success([1, 1, 1, 1], [1, 1, 1, 1])).toBeCloseTo(3 / 4, 6); // one each is enough
  expect(await success([2, 1, 2, 2], [0, 0, 0, 0])).toBe(0);
});

test("mutual information of labels and experts, by hand", async () => {
  const table = async (mask: number[]) => {
    const found = await evaluate(
      (i, l, m) => {
        const counts = labelCounts(i!, 3, l!, 2, { mask: m! });
        return [counts, mutualInformationOf(counts)];
      },
      [ids, array([0, 0, 1, 1], "int64"), maskOf(mask)],
    );
    return found.map(toNumbers);
  };
  const [counts, information] = await table([1, 1, 1, 1]);
  expect(counts).toEqual([2, 1, 0, /* label 1 */ 0, 1, 0]);
  // p = 1/2, 1/4 | 0, 1/4; rows 3/4 and 1/4, columns 1/2 and 1/2.
  const expected = 0.5 * Math.log(0.5 / 0.375) + 0.25 * Math.log(0.25 / 0.375) + 0.25 * Math.log(2);
  expect(information![0]).toBeCloseTo(expected, 6);
  const [none, nothing] = await table([0, 0, 0, 0]);
  expect(none).toEqual(Array(6).fill(0));
  expect(nothing![0]).toBeCloseTo(0, 6);
});
