import { expect, test } from "vitest";
import { array } from "../graph/array.ts";
import { batch } from "../graph/shape.ts";
import { evaluate } from "../runtime/evaluate.ts";
import {
  at,
  checkOperator,
  checkOperators,
  property,
  randomArray,
  randomCases,
  type Values,
  values,
} from "./check.fixture.ts";
import { expand, reshape, squeeze, transpose, unsqueeze } from "./reshape.ts";

const shaped =
  (...shape: number[]) =>
  (x?: Values): Values => ({ shape, data: x!.data });

test("reshape keeps the entries and infers one dimension", async () => {
  const x = randomArray([2, 6], 1);
  await checkOperators([
    { fn: (t) => reshape(t, [3, 4]), reference: shaped(3, 4), inputs: [x] },
    { fn: (t) => reshape(t, [-1, 2, 3]), reference: shaped(2, 2, 3), inputs: [x] },
    { fn: (t) => reshape(t, [2, 6]), reference: shaped(2, 6), inputs: [x] },
    { fn: (t) => reshape(t, []), reference: shaped(), inputs: [randomArray([1, 1], 2)] },
    { fn: (t) => reshape(t, [4, 0]), reference: shaped(4, 0), inputs: [randomArray([2, 2, 0], 2)] },
    { fn: (t) => squeeze(t, -2), reference: shaped(3, 2), inputs: [randomArray([3, 1, 2], 3)] },
    { fn: (t) => unsqueeze(t, -1), reference: shaped(2, 6, 1), inputs: [x] },
    { fn: (t) => unsqueeze(t, 0), reference: shaped(1, 2, 6), inputs: [x] },
  ]);
});

test("transpose reorders axes", async () => {
  await property(randomCases(1, 4), ({ shape, seed }) => {
    const permutation = shape.map((_, axis) => (axis + seed) % shape.length);
    const moved = (x: Values, order: readonly number[]): Values =>
      values(
        order.map((axis) => x.shape[axis]!),
        (index) =>
          at(
            x,
            x.shape.map((_, axis) => index[order.indexOf(axis)]!),
          ),
      );
    const reversed = shape.map((_, axis) => shape.length - 1 - axis);
    return [
      {
        fn: (t) => transpose(t, permutation),
        reference: (x) => moved(x!, permutation),
        inputs: [randomArray(shape, seed)],
      },
      {
        fn: (t) => transpose(t),
        reference: (x) => moved(x!, reversed),
        inputs: [randomArray(shape, seed + 1)],
      },
    ];
  });
});

test("expand repeats along axes of size 1", async () => {
  await property(randomCases(1, 3), ({ shape, seed }) => {
    const from = shape.map((size, axis) => ((seed >> axis) & 1 ? 1 : size));
    return [from, from.slice(1)].map((small) => ({
      fn: (t) => expand(t, shape),
      reference: (x) => values(shape, (index) => at(x!, index)),
      inputs: [randomArray(small, seed)],
    }));
  });
});

test("symbolic batch sizes", async () => {
  await checkOperator({
    fn: (x, row) => [
      reshape(x, [-1, 3]),
      reshape(x, [batch(), 3, 2]),
      transpose(x),
      expand(row, x),
    ],
    reference: (x, row) => {
      const [rows] = x!.shape as [number];
      return [
        shaped(rows * 2, 3)(x),
        shaped(rows, 3, 2)(x),
        values([6, rows], ([i, j]) => at(x!, [j!, i!])),
        values([rows, 6], (index) => at(row!, index)),
      ];
    },
    inputs: [randomArray([2, 6], 1), randomArray([6], 2)],
    shapes: [[batch(), 6], undefined],
    again: [
      [randomArray([5, 6], 3), randomArray([6], 4)],
      [randomArray([0, 6], 3), randomArray([6], 4)],
    ],
  });
});

test("invalid shapes are reported with both", async () => {
  const x = array([[1, 2, 3]]);
  await expect(evaluate((t) => reshape(t, [2, 2]), [x])).rejects.toThrow(
    /reshape: cannot turn \[1, 3\] into \[2, 2\]/,
  );
  await expect(evaluate((t) => reshape(t, [-1, 2]), [x])).rejects.toThrow(/3 is not a whole/);
  await expect(evaluate((t) => transpose(t, [0, 0]), [x])).rejects.toThrow(
    /transpose: \[0, 0\] does not reorder the axes of \[1, 3\]/,
  );
  await expect(evaluate((t) => expand(t, [1, 4]), [x])).rejects.toThrow(/expand: cannot/);
  await expect(evaluate((t) => squeeze(t, 1), [x])).rejects.toThrow(
    /squeeze: axis 1 of \[1, 3\] is not of size 1/,
  );
});
