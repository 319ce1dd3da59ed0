import { expect, test } from "vitest";
import { array, toNumbers } from "../graph/array.ts";
import { batch } from "../graph/shape.ts";
import { evaluate } from "../runtime/evaluate.ts";
import { at, checkOperator, property, randomArray, randomCases, values } from "./check.fixture.ts";
import { arange, repeat, stack, tile } from "./tile.ts";

test("tile, repeat and stack", async () => {
  await property(randomCases(1, 3), ({ shape, seed }) => {
    const repeats = shape.map((_, axis) => 1 + ((seed >> axis) % 3));
    const axis = seed % shape.length;
    const newAxis = seed % (shape.length + 1);
    const count = 1 + (seed % 3);
    const x = randomArray(shape, seed);
    return [
      {
        fn: (t) => tile(t, repeats),
        reference: (t) =>
          values(
            shape.map((size, a) => size * repeats[a]!),
            (index) =>
              at(
                t!,
                index.map((i, a) => i % shape[a]!),
              ),
          ),
        inputs: [x],
      },
      {
        fn: (t) => repeat(t, count, axis - shape.length),
        reference: (t) =>
          values(shape.with(axis, shape[axis]! * count), (index) =>
            at(t!, index.with(axis, Math.floor(index[axis]! / count))),
          ),
        inputs: [x],
      },
      {
        fn: (a, b) => stack([a, b], newAxis - ((seed >> 4) & 1 ? shape.length + 1 : 0)),
        reference: (a, b) =>
          values(shape.toSpliced(newAxis, 0, 2), (index) =>
            at(index[newAxis] === 0 ? a! : b!, index.toSpliced(newAxis, 1)),
          ),
        inputs: [x, randomArray(shape, seed + 1)],
      },
    ];
  });
});

test("a symbolic batch size is repeated", async () => {
  await checkOperator({
    fn: (x) => [tile(x, [2, 1]), repeat(x, 2, 0)],
    reference: (x) => {
      const [rows, width] = x!.shape as [number, number];
      return [
        values([2 * rows, width], ([i, j]) => at(x!, [i! % rows, j!])),
        values([2 * rows, width], ([i, j]) => at(x!, [Math.floor(i! / 2), j!])),
      ];
    },
    inputs: [randomArray([2, 3], 1)],
    shapes: [[batch(), 3]],
    again: [[randomArray([3, 3], 2)]],
  });
});

test("arange counts up", async () => {
  const [ints, reals] = await evaluate(
    (x) => [
      arange(x.graph, 3, { start: 2 }),
      arange(x.graph, 3, { start: 1, step: -0.5, dtype: "float32" }),
    ],
    [array(0)],
  );
  expect(ints!.dtype).toBe("int64");
  expect(toNumbers(ints!)).toEqual([2, 3, 4]);
  expect(toNumbers(reals!)).toEqual([1, 0.5, 0]);
});

test("invalid counts and empty lists are refused", async () => {
  await expect(evaluate((x) => tile(x, [2]), [array([[1]])])).rejects.toThrow(
    /tile: needs one count of at least 1 per axis of \[1, 1\], got \[2\]/,
  );
  expect(() => stack([])).toThrow(/at least one tensor/);
});
