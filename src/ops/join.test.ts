import { expect, test } from "vitest";
import { array, toNumbers } from "../graph/array.ts";
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
import { concat, pad, slice, split } from "./join.ts";

function joined(parts: readonly Values[], axis: number): Values {
  const total = parts.reduce((sum, part) => sum + part.shape[axis]!, 0);
  return values(parts[0]!.shape.with(axis, total), (index) => {
    let i = index[axis]!;
    const part = parts.find(({ shape }) => {
      if (i < shape[axis]!) return true;
      i -= shape[axis]!;
      return false;
    });
    return at(part!, index.with(axis, i));
  });
}

const taken = (x: Values, axis: number, start: number, end: number): Values =>
  values(x.shape.with(axis, end - start), (index) => at(x, index.with(axis, index[axis]! + start)));

const padded = (x: Values, axis: number, before: number, after: number, value: number): Values =>
  values(x.shape.with(axis, x.shape[axis]! + before + after), (index) => {
    const i = index[axis]! - before;
    return i < 0 || i >= x.shape[axis]! ? value : at(x, index.with(axis, i));
  });

test("concat, split, slice and pad along any axis", async () => {
  await property(randomCases(1, 4), ({ shape, seed }) => {
    const axis = seed % shape.length;
    const given = (seed >> 4) & 1 ? axis - shape.length : axis;
    const size = shape[axis]!;
    const cut = seed % (size + 1);
    const x = randomArray(shape, seed);
    const other = randomArray(shape.with(axis, 2), seed + 1);
    return [
      {
        fn: (...parts) => concat(parts, given),
        reference: (...parts) => joined(parts, axis),
        inputs: [x, other, x],
      },
      {
        fn: (t) => split(t, [cut, size - cut], given),
        reference: (t) => [taken(t!, axis, 0, cut), taken(t!, axis, cut, size)],
        inputs: [x],
      },
      {
        fn: (t) => split(concat([t, t, t], given), 3, given),
        reference: (t) => [t!, t!, t!],
        inputs: [x],
      },
      {
        fn: (t) => slice(t, given, cut),
        reference: (t) => taken(t!, axis, cut, size),
        inputs: [x],
      },
      {
        fn: (t) => slice(t, given, -size, -1),
        reference: (t) => taken(t!, axis, 0, size - 1),
        inputs: [x],
      },
      {
        fn: (t) => pad(t, given, cut, 1, 0.5),
        reference: (t) => padded(t!, axis, cut, 1, 0.5),
        inputs: [x],
      },
    ];
  });
});

test("an unused part of a split gets zero gradient", async () => {
  await checkOperator({
    fn: (x) => split(x, [1, 2], 1)[1]!,
    reference: (x) => taken(x!, 1, 1, 3),
    inputs: [randomArray([2, 3], 1)],
  });
});

test("symbolic axes can be joined, and split into equal parts", async () => {
  await checkOperators([
    {
      fn: (x) => [concat([x, x], 0), ...split(x, 2, 0), ...split(x, [1, 2], 1), slice(x, 1, 1, 2)],
      reference: (x) => {
        const half = x!.shape[0]! / 2;
        return [
          joined([x!, x!], 0),
          taken(x!, 0, 0, half),
          taken(x!, 0, half, 2 * half),
          taken(x!, 1, 0, 1),
          taken(x!, 1, 1, 3),
          taken(x!, 1, 1, 2),
        ];
      },
      inputs: [randomArray([2, 3], 1)],
      shapes: [[batch(2), 3]],
      again: [[randomArray([6, 3], 2)], [randomArray([4, 3], 3)]],
    },
  ]);
});

test("integers can be split, joined and padded", async () => {
  const [y] = await evaluate((x) => pad(slice(x, 0, 1), 0, 1, 0, 7), [array([1, 2], "int64")]);
  expect(y!.dtype).toBe("int64");
  expect(toNumbers(y!)).toEqual([7, 2]);
});

test("incompatible shapes are reported with all shapes", async () => {
  const [a, b] = [array([[1, 2]]), array([[1, 2, 3]])];
  await expect(evaluate((x, y) => concat([x, y], 0), [a, b])).rejects.toThrow(
    /concat: shapes must match except for axis 0, got \[1, 2\], \[1, 3\]/,
  );
  await expect(evaluate((x) => split(x, [1, 1], 1), [b])).rejects.toThrow(
    /split: sizes \[1, 1\] do not add up to axis 1 of \[1, 3\]/,
  );
  await expect(evaluate((x) => split(x, 2, 1), [b])).rejects.toThrow(/3 is not a whole/);
  await expect(evaluate((x) => slice(x, 1, 2, 9), [b])).rejects.toThrow(
    /slice: cannot take 2..9 of axis 1 of \[1, 3\]/,
  );
  await expect(evaluate((x) => pad(x, 1, -1, 0), [b])).rejects.toThrow(
    /pad: cannot pad axis 1 of \[1, 3\] by -1 and 0/,
  );
  expect(() => concat([])).toThrow(/concat: needs at least one tensor/);
});
