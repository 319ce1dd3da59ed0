import { expect, test } from "vitest";
import { array, toNumbers } from "../graph/array.ts";
import type { Tensor } from "../graph/graph.ts";
import { batch } from "../graph/shape.ts";
import { evaluate, valueAndGradients } from "../runtime/evaluate.ts";
import {
  at,
  checkOperator,
  everyIndex,
  property,
  type RandomCase,
  randomArray,
  randomCases,
  type Values,
  values,
} from "./check.fixture.ts";
import {
  logSumExp,
  type ReduceOptions,
  reduceAll,
  reduceAny,
  reduceMax,
  reduceMean,
  reduceMin,
  reduceSum,
  sumOfSquares,
  variance,
} from "./reduce.ts";

const total = (list: readonly number[]) => list.reduce((sum, x) => sum + x, 0);
const populationVariance = (list: readonly number[]) =>
  mean(list.map((x) => (x - mean(list)) ** 2));
const mean = (list: readonly number[]) => total(list) / list.length;

/** Collects the entries that map to each entry of the result and reduces them. */
function reducing(
  axes: readonly number[],
  keepDims: boolean,
  fn: (list: readonly number[]) => number,
): (x: Values) => Values {
  return (x) => {
    const positive = axes.map((axis) => (axis < 0 ? axis + x.shape.length : axis));
    const kept = x.shape.map((size, axis) => (positive.includes(axis) ? 1 : size));
    const reduced = values(kept, (index) => {
      const list: number[] = [];
      everyIndex(x.shape, (candidate) => {
        if (candidate.every((i, axis) => kept[axis] === 1 || i === index[axis])) {
          list.push(at(x, candidate));
        }
      });
      return fn(list);
    });
    if (keepDims) return reduced;
    return { shape: x.shape.filter((_, axis) => !positive.includes(axis)), data: reduced.data };
  };
}

type Reduce = (x: Tensor, axes?: number | readonly number[], options?: ReduceOptions) => Tensor;
const reductions: Record<string, [Reduce, (list: readonly number[]) => number]> = {
  reduceSum: [reduceSum, total],
  sumOfSquares: [sumOfSquares, (list) => total(list.map((x) => x * x))],
  reduceMean: [reduceMean, mean],
  reduceMax: [reduceMax, (list) => Math.max(...list)],
  reduceMin: [reduceMin, (list) => Math.min(...list)],
  logSumExp: [logSumExp, (list) => Math.log(total(list.map(Math.exp)))],
  variance: [variance, populationVariance],
};

/** Every subset of axes is tested, some counted from the end. */
function drawnAxes({ shape, seed }: RandomCase): number[] {
  const chosen = shape.flatMap((_, axis) => ((seed >> axis) & 1 ? [axis] : []));
  const some = chosen.length === 0 ? [0] : chosen;
  return some.map((axis) => ((seed >> 5) & 1 ? axis - shape.length : axis));
}

test.each(Object.entries(reductions))("%s", async (_, [fn, reference]) => {
  await property(randomCases(1, 4), (drawn) => {
    const axes = drawnAxes(drawn);
    const x = randomArray(drawn.shape, drawn.seed);
    const all = drawn.shape.map((_, axis) => axis);
    return [
      { fn: (t) => fn(t, axes), reference: reducing(axes, false, reference), inputs: [x] },
      {
        fn: (t) => fn(t, axes, { keepDims: true }),
        reference: reducing(axes, true, reference),
        inputs: [x],
      },
      { fn: (t) => fn(t), reference: reducing(all, false, reference), inputs: [x] },
    ];
  });
});

test("a mean over a symbolic axis divides by the run-time size", async () => {
  await checkOperator({
    fn: (x) => [reduceMean(x), reduceMean(x, 0), variance(x, [0, 1], { keepDims: true })],
    reference: (x) => [
      reducing([0, 1], false, mean)(x),
      reducing([0], false, mean)(x),
      reducing([0, 1], true, populationVariance)(x),
    ],
    inputs: [randomArray([2, 3], 1)],
    shapes: [[batch(), 3]],
    again: [[randomArray([7, 3], 2)], [randomArray([1, 3], 3)]],
  });
});

test("the unbiased variance divides by the count minus one", async () => {
  await checkOperator({
    fn: (x) => variance(x, -1, { correction: 1 }),
    reference: reducing([-1], false, (list) =>
      total(list.map((x) => (x - mean(list)) ** 2 / (list.length - 1))),
    ),
    inputs: [randomArray([3, 5], 4)],
  });
});

test("ties of the largest and smallest entry share the gradient", async () => {
  for (const fn of [reduceMax, (x: Tensor) => reduceMin(x)]) {
    const { gradients } = await valueAndGradients((x) => fn(x), [array([2, 2, 2, 2])]);
    expect(toNumbers(gradients[0]!)).toEqual([0.25, 0.25, 0.25, 0.25]);
  }
  const { gradients } = await valueAndGradients((x) => reduceMax(x), [array([1, 5, 5])]);
  expect(toNumbers(gradients[0]!)).toEqual([0, 0.5, 0.5]);
});

test("logSumExp does not overflow for large entries", async () => {
  const [y] = await evaluate((x) => logSumExp(x), [array([1000, 1000])]);
  expect(toNumbers(y!)[0]).toBeCloseTo(1000 + Math.log(2), 3);
});

test("the sum over no rows is 0", async () => {
  const none = { ...array(0), shape: [0, 3], data: new Float32Array(0) };
  const [sum, columns] = await evaluate((x) => [reduceSum(x), reduceSum(x, 0)], [none]);
  expect(toNumbers(sum!)).toEqual([0]);
  expect(toNumbers(columns!)).toEqual([0, 0, 0]);
});

test("any and all", async () => {
  const [any, all] = await evaluate(
    (x) => [reduceAny(x, 1), reduceAll(x, 1)],
    [
      array(
        [
          [false, true],
          [false, false],
          [true, true],
        ],
        "bool",
      ),
    ],
  );
  expect(any!.dtype).toBe("bool");
  expect(toNumbers(any!)).toEqual([1, 0, 1]);
  expect(toNumbers(all!)).toEqual([0, 0, 1]);
});

test("an axis outside the rank is refused", async () => {
  await expect(evaluate((x) => reduceSum(x, 2), [array([[1]])])).rejects.toThrow(
    /axis 2 is outside a tensor of rank 2/,
  );
});
