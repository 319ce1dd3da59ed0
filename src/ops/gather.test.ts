import { expect, test } from "vitest";
import { array, toNumbers } from "../graph/array.ts";
import { batch } from "../graph/shape.ts";
import { evaluate, valueAndGradients } from "../runtime/evaluate.ts";
import {
  at,
  checkOperator,
  everyIndex,
  property,
  randomArray,
  randomCases,
  randomIndices,
  type Values,
  values,
} from "./check.fixture.ts";
import { gather, onesLike, scatterAdd, scatterRowsAdd, takeAlong, zerosLike } from "./gather.ts";

function gathered(x: Values, indices: Values, axis: number): Values {
  const rank = indices.shape.length;
  return values(x.shape.toSpliced(axis, 1, ...indices.shape), (index) => {
    const i = at(indices, index.slice(axis, axis + rank));
    return at(x, index.toSpliced(axis, rank, i < 0 ? i + x.shape[axis]! : i));
  });
}

function scattered(x: Values, indices: Values, updates: Values, axis: number): Values {
  const result = values(x.shape, (index) => at(x, index));
  const data = Float64Array.from(result.data);
  everyIndex(indices.shape, (index) => {
    const target = index.with(axis, at(indices, index));
    const offset = target.reduce((sum, i, a) => sum * x.shape[a]! + i, 0);
    data[offset]! += at(updates, index);
  });
  return { shape: x.shape, data };
}

test("gather reads by indices of any rank along any axis; gradients of repeated indices accumulate", async () => {
  await property(randomCases(1, 4), ({ shape, seed }) => {
    const axis = seed % shape.length;
    const indexShape = [[], [3], [2, 2]][seed % 3]!;
    return {
      fn: (x, i) => gather(x, i, axis - ((seed >> 3) & 1 ? shape.length : 0)),
      reference: (x, i) => gathered(x!, i!, axis),
      inputs: [randomArray(shape, seed), randomIndices(indexShape, seed, shape[axis]!)],
    };
  });
});

test("negative indices count from the end", async () => {
  await checkOperator({
    fn: (x, i) => gather(x, i),
    reference: (x, i) => gathered(x!, i!, 0),
    inputs: [randomArray([3, 2], 1), array([-1, 0, -3], "int64")],
  });
});

test("gather with no indices, and with a symbolic number of indices", async () => {
  await checkOperator({
    fn: (x, i) => gather(x, i),
    reference: (x, i) => gathered(x!, i!, 0),
    inputs: [randomArray([3, 2], 1), randomIndices([0], 1, 3)],
  });
  await checkOperator({
    fn: (x, i) => gather(x, i),
    reference: (x, i) => gathered(x!, i!, 0),
    inputs: [randomArray([3, 2], 1), randomIndices([4], 1, 3)],
    shapes: [undefined, [batch(2)]],
    again: [[randomArray([3, 2], 1), randomIndices([6], 2, 3)]],
  });
});

test("takeAlong and scatterAdd are each other's gradients", async () => {
  await property(randomCases(1, 3), ({ shape, seed }) => {
    const axis = seed % shape.length;
    const count = 1 + (seed % 3);
    const indices = randomIndices(shape.with(axis, count), seed, shape[axis]!);
    const x = randomArray(shape, seed + 1);
    return [
      {
        fn: (t, i) => takeAlong(t, i, axis - shape.length),
        reference: (t, i) => values(i!.shape, (index) => at(t!, index.with(axis, at(i!, index)))),
        inputs: [x, indices],
      },
      {
        fn: (t, i, u) => scatterAdd(t, i, u, axis),
        reference: (t, i, u) => scattered(t!, i!, u!, axis),
        inputs: [x, indices, randomArray(indices.shape, seed + 2)],
      },
    ];
  });
});

test("scatterRowsAdd adds rows; repeated indices accumulate", async () => {
  await checkOperator({
    fn: (x, i, u) => scatterRowsAdd(x, i, u),
    reference: (x, i, u) =>
      values(x!.shape, ([row, column]) => {
        let sum = at(x!, [row!, column!]);
        for (let r = 0; r < i!.shape[0]!; r++) {
          if (at(i!, [r]) === row) sum += at(u!, [r, column!]);
        }
        return sum;
      }),
    inputs: [randomArray([3, 2], 1), array([2, 0, 2, 2], "int64"), randomArray([4, 2], 2)],
    shapes: [undefined, [batch()], [batch(), 2]],
    again: [[randomArray([3, 2], 1), array([], "int64"), randomArray([0, 2], 2)]],
  });
});

test("hand-computed gradient of a table that is read twice", async () => {
  const { gradients } = await valueAndGradients(
    (table, i) => gather(table, i),
    [array([[1], [2], [3]]), array([1, 1, 0], "int64")],
    { weights: array([[10], [1], [5]]) },
  );
  expect(toNumbers(gradients[0]!)).toEqual([5, 11, 0]);
});

test("zerosLike and onesLike accept a symbolic shape", async () => {
  await checkOperator({
    fn: (x) => [zerosLike(x), onesLike(x)],
    reference: (x) => [values(x!.shape, () => 0), values(x!.shape, () => 1)],
    inputs: [randomArray([2, 3], 1)],
    shapes: [[batch(), 3]],
    again: [[randomArray([4, 3], 1)]],
    wrt: [],
  });
});

test("incompatible shapes are reported with both; an invalid index fails at run time", async () => {
  const x = array([[1, 2]]);
  await expect(evaluate((t, i) => takeAlong(t, i), [x, array([0], "int64")])).rejects.toThrow(
    /take_along: indices \[1\] must match \[1, 2\] except for axis 1/,
  );
  await expect(
    evaluate((t, i, u) => scatterAdd(t, i, u), [x, array([[0]], "int64"), array([[1, 2]])]),
  ).rejects.toThrow(/scatter_add: indices \[1, 1\] and updates \[1, 2\] must have one shape/);
  await expect(evaluate((t, i) => gather(t, i), [x, array([7], "int64")])).rejects.toThrow(
    /gather/,
  );
});
