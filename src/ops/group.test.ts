import fc from "fast-check";
import { expect, test } from "vitest";
import { array, toNumbers } from "../graph/array.ts";
import type { Tensor } from "../graph/graph.ts";
import { batch } from "../graph/shape.ts";
import { evaluate, valueAndGradients } from "../runtime/evaluate.ts";
import { mul } from "./arithmetic.ts";
import {
  at,
  checkOperator,
  property,
  type Reference,
  randomArray,
  randomIndices,
  values,
} from "./check.fixture.ts";
import {
  collectRows,
  cutRows,
  dispatchRows,
  expertSizes,
  groupByExpert,
  joinRows,
  regroupRows,
} from "./group.ts";
import { matmul } from "./matmul.ts";
import { reduceSum } from "./reduce.ts";

/** Every token through its experts, each a matrix: rows in the order of assignments. */
function throughExperts(x: Tensor, ids: Tensor, ...weights: Tensor[]): Tensor {
  const grouping = groupByExpert(ids, weights.length);
  const sizes = expertSizes(weights.length, grouping);
  const rows = dispatchRows(x, grouping, sizes);
  const results = rows.map((own, e) => matmul(own, weights[e]!));
  const joined = joinRows(results, grouping);
  return collectRows(cutRows(joined, grouping, sizes), grouping);
}

const reference: Reference = (x, ids, ...weights) => {
  const [numTokens, width] = x!.shape as [number, number];
  return values([ids!.shape[0]!, weights[0]!.shape[1]!], ([t, j]) => {
    const weight = weights[at(ids!, [t!])]!;
    let sum = 0;
    for (let d = 0; d < width; d++) sum += at(x!, [t! % numTokens, d]) * at(weight, [d, j!]);
    return sum;
  });
};

const experts = (count: number, seed: number) =>
  Array.from({ length: count }, (_, e) => randomArray([3, 2], seed + 10 + e));

test("tokens are processed by their experts and returned in order", async () => {
  const cases = fc.record({
    numTokens: fc.integer({ min: 1, max: 5 }),
    numSelected: fc.integer({ min: 1, max: 3 }),
    numExperts: fc.integer({ min: 1, max: 5 }),
    seed: fc.nat(1000),
  });
  await property(cases, ({ numTokens, numSelected, numExperts, seed }) => ({
    fn: throughExperts,
    reference,
    inputs: [
      randomArray([numTokens, 3], seed),
      randomIndices([numSelected * numTokens], seed + 1, numExperts),
      ...experts(numExperts, seed),
    ],
  }));
});

test.each([1, 2, 3])("experts without tokens, K = %i", async (numSelected) => {
  const choices = [1, 3, 3, 1, 1, 3, 3, 1, 1, 1, 1, 1].slice(0, 4 * numSelected);
  await checkOperator({
    fn: throughExperts,
    reference,
    inputs: [randomArray([4, 3], 1), array(choices, "int64"), ...experts(5, 2)],
    again: [
      [
        randomArray([4, 3], 2),
        array(
          choices.map(() => 4),
          "int64",
        ),
        ...experts(5, 3),
      ],
      [
        randomArray([4, 3], 3),
        array(
          choices.map((_, i) => i % 5),
          "int64",
        ),
        ...experts(5, 4),
      ],
    ],
  });
});

test("a symbolic number of tokens", async () => {
  await checkOperator({
    fn: throughExperts,
    reference,
    inputs: [randomArray([2, 3], 1), randomIndices([4], 2, 3), ...experts(3, 3)],
    shapes: [[batch(), 3], [batch(2)]],
    again: [[randomArray([5, 3], 4), randomIndices([10], 5, 3), ...experts(3, 6)]],
  });
});

test("grouped rows are split by expert", async () => {
  const results = await evaluate(
    (rows, ids) => {
      const grouping = groupByExpert(ids, 3);
      return cutRows(rows, grouping, expertSizes(3, grouping));
    },
    [array([[1], [2], [3], [4]]), array([2, 0, 2, 2], "int64")],
  );
  expect(results.map(toNumbers)).toEqual([[1], [], [2, 3, 4]]);
});

test("order, inverse and counts of a small case", async () => {
  const results = await evaluate(
    (ids) => Object.values(groupByExpert(ids, 4)),
    [array([2, 0, 2, 3, 0], "int64")],
  );
  expect(results.map(toNumbers)).toEqual([
    [1, 4, 0, 2, 3],
    [2, 0, 3, 4, 1],
    [2, 0, 2, 1],
  ]);
});

test("a result that is scaled after collection keeps its gradient", async () => {
  await checkOperator({
    fn: (x, ids, scale, ...weights) => mul(throughExperts(x, ids, ...weights), scale),
    reference: (x, ids, scale, ...weights) => {
      const [rows] = [reference(x!, ids!, ...weights)].flat();
      return values(rows!.shape, (index) => at(rows!, index) * at(scale!, index));
    },
    inputs: [
      randomArray([3, 3], 1),
      array([0, 2, 2, 2, 0, 0], "int64"),
      randomArray([6, 1], 2),
      ...experts(3, 3),
    ],
  });
});

test("expert ids of another type are refused", async () => {
  await expect(evaluate((x) => groupByExpert(x, 2).order, [array([1])])).rejects.toThrow(
    /group_by_expert: expert ids must be int64 \[T\], got float32 \[1\]/,
  );
});

test("large rows are gathered expert by expert, with the same result", async () => {
  const width = 2 ** 19; // 4 assignments of this width exceed the limit of a single gather
  const x = array(Array.from({ length: 2 }, (_, n) => Array<number>(width).fill(n + 1)));
  const [result] = await evaluate(
    (tokens, ids) => {
      const grouping = groupByExpert(ids, 2);
      const rows = dispatchRows(tokens, grouping, expertSizes(2, grouping));
      return collectRows([mul(rows[0]!, 10), mul(rows[1]!, 100)], grouping);
    },
    [x, array([1, 0, 0, 1], "int64")],
  );
  const firsts = [0, 1, 2, 3].map((t) => result!.data[t * width]);
  expect(firsts).toEqual([100, 20, 10, 200]);
});

test("an expert whose rows are unused gets zero gradient", async () => {
  const { gradients } = await valueAndGradients(
    (x, ids) => {
      const grouping = groupByExpert(ids, 2);
      return reduceSum(dispatchRows(x, grouping, expertSizes(2, grouping))[1]!);
    },
    [array([[1], [2], [3]]), array([0, 1, 0], "int64")],
  );
  expect(toNumbers(gradients[0]!)).toEqual([0, 1, 0]);
});

/** As `throughExperts`, but an id may be the number of experts. */
function throughSome(x: Tensor, ids: Tensor, ...weights: Tensor[]): Tensor {
  const grouping = groupByExpert(ids, weights.length, { mayDrop: true });
  const sizes = expertSizes(weights.length, grouping);
  const results = dispatchRows(x, grouping, sizes).map((own, e) => matmul(own, weights[e]!));
  const collected = collectRows(results, grouping);
  return collectRows(regroupRows(collected, grouping, sizes), grouping);
}

const referenceOfSome: Reference = (x, ids, ...weights) => {
  const none = { shape: weights[0]!.shape, data: new Float64Array(weights[0]!.data.length) };
  return reference(x!, ids!, ...weights, none);
};

test("assignments without an expert give zeros and no gradient", async () => {
  const cases = fc.record({
    numTokens: fc.integer({ min: 1, max: 5 }),
    numSelected: fc.integer({ min: 1, max: 3 }),
    numExperts: fc.integer({ min: 1, max: 4 }),
    seed: fc.nat(1000),
  });
  await property(cases, ({ numTokens, numSelected, numExperts, seed }) => ({
    fn: throughSome,
    reference: referenceOfSome,
    inputs: [
      randomArray([numTokens, 3], seed),
      randomIndices([numSelected * numTokens], seed + 1, numExperts + 1),
      ...experts(numExperts, seed),
    ],
  }));
});

test("all, some or none of a symbolic number of assignments without an expert", async () => {
  const ids = (...entries: number[]) => array(entries, "int64");
  await checkOperator({
    fn: throughSome,
    reference: referenceOfSome,
    inputs: [randomArray([2, 3], 1), ids(2, 2, 2, 2), ...experts(2, 3)],
    shapes: [[batch(), 3], [batch(2)]],
    again: [
      [randomArray([2, 3], 4), ids(0, 1, 1, 0), ...experts(2, 6)],
      [randomArray([3, 3], 4), ids(2, 1, 2, 1, 1, 2), ...experts(2, 6)],
    ],
  });
});

test("groups of a small case with assignments without an expert", async () => {
  const results = await evaluate(
    (ids) => Object.values(groupByExpert(ids, 3, { mayDrop: true })),
    [array([2, 3, 0, 3, 2], "int64")],
  );
  expect(results.map(toNumbers)).toEqual([
    [2, 0, 4],
    [1, 3, 0, 3, 2],
    [1, 0, 2],
  ]);
});
