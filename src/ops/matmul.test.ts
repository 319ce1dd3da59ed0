import fc from "fast-check";
import { expect, test } from "vitest";
import { array } from "../graph/array.ts";
import { batch } from "../graph/shape.ts";
import { evaluate } from "../runtime/evaluate.ts";
import {
  at,
  checkOperator,
  checkOperators,
  property,
  type Reference,
  randomArray,
  type Values,
  values,
} from "./check.fixture.ts";
import { affine, type MatmulOptions, matmul } from "./matmul.ts";

function product(
  a: Values,
  b: Values,
  { transposeA = false, transposeB = false, scale = 1 }: MatmulOptions = {},
): Values {
  const rank = Math.max(a.shape.length, b.shape.length);
  const [m, k] = transposeA ? [a.shape.at(-1)!, a.shape.at(-2)!] : a.shape.slice(-2);
  const n = transposeB ? b.shape.at(-2)! : b.shape.at(-1)!;
  const outer = Array.from({ length: rank - 2 }, (_, axis) => {
    const size = (x: Values) => x.shape[axis - rank + x.shape.length] ?? 1;
    return size(a) === 1 ? size(b) : size(a);
  });
  return values([...outer, m!, n], (index) => {
    const lead = index.slice(0, -2);
    const [i, j] = index.slice(-2) as [number, number];
    let sum = 0;
    for (let p = 0; p < k!; p++) {
      const left = at(a, [...lead, ...(transposeA ? [p, i] : [i, p])]);
      sum += left * at(b, [...lead, ...(transposeB ? [j, p] : [p, j])]);
    }
    return scale * sum;
  });
}

const reference =
  (options: MatmulOptions = {}): Reference =>
  (a, b) =>
    product(a!, b!, options);

const cases = fc.record({
  m: fc.integer({ min: 1, max: 3 }),
  k: fc.integer({ min: 1, max: 4 }),
  n: fc.integer({ min: 1, max: 3 }),
  outerA: fc.constantFrom([], [2], [1], [2, 3], [1, 3]),
  outerB: fc.constantFrom([], [2], [1], [2, 3], [2, 1]),
  transposeA: fc.boolean(),
  transposeB: fc.boolean(),
  scale: fc.constantFrom(1, 0.5),
  seed: fc.nat(1000),
});

test("products with transposes, a scale, and broadcasting batch axes", async () => {
  await property(
    cases,
    ({ m, k, n, outerA, outerB, seed, ...options }) => {
      const fits = outerA.at(-1) !== 3 || outerB.length !== 1 || outerB[0] === 1;
      const fitsBack = outerB.at(-1) !== 3 || outerA.length !== 1 || outerA[0] === 1;
      const mixed = outerA.at(-1) === 2 && outerB.length === 2 && outerB[1] === 3;
      if (!fits || !fitsBack || mixed) return [];
      return {
        fn: (a, b) => matmul(a, b, options),
        reference: reference(options),
        inputs: [
          randomArray([...outerA, ...(options.transposeA ? [k, m] : [m, k])], seed),
          randomArray([...outerB, ...(options.transposeB ? [n, k] : [k, n])], seed + 1),
        ],
      };
    },
    { numRuns: 6, size: 12 },
  );
});

test("every pair of ranks and transposes", async () => {
  const shapes: [number[], number[]][] = [
    [[], []],
    [[2], []],
    [[], [2]],
    [[2], [2]],
    [[2, 3], []],
    [[2, 3], [3]],
    [[2, 1], [3]],
  ];
  await checkOperators(
    shapes.flatMap(([outerA, outerB]) =>
      [0, 1, 2, 3].map((flags) => {
        const options = { transposeA: (flags & 1) === 1, transposeB: flags > 1, scale: 0.5 };
        return {
          fn: (a, b) => matmul(a, b, options),
          reference: reference(options),
          inputs: [
            randomArray([...outerA, ...(options.transposeA ? [4, 2] : [2, 4])], flags),
            randomArray([...outerB, ...(options.transposeB ? [3, 4] : [4, 3])], flags + 1),
          ],
        };
      }),
    ),
  );
});

test("zero rows give zero rows, and their gradients are zero", async () => {
  await checkOperators([
    {
      fn: (a, b) => matmul(a, b),
      reference: reference(),
      inputs: [randomArray([0, 3], 1), randomArray([3, 2], 2)],
    },
    {
      fn: (a, b) => matmul(a, b, { transposeB: true }),
      reference: reference({ transposeB: true }),
      inputs: [randomArray([0, 3], 1), randomArray([2, 3], 2)],
    },
    {
      fn: affine,
      reference: (x, w, b) => {
        const y = product(x!, w!, { transposeB: true });
        return values(y.shape, (i) => at(y, i) + at(b!, i));
      },
      inputs: [randomArray([0, 3], 1), randomArray([2, 3], 2), randomArray([2], 3)],
    },
  ]);
});

test("an inner dimension of size zero gives zeros", async () => {
  await checkOperators(
    [
      [
        [2, 0],
        [0, 3],
      ],
      [
        [2, 2, 0],
        [0, 3],
      ],
      [
        [2, 2, 0],
        [2, 0, 3],
      ],
    ].map(([a, b]) => ({
      fn: (x, y) => matmul(x, y),
      reference: reference(),
      inputs: [randomArray(a!, 1), randomArray(b!, 2)],
    })),
  );
});

test("affine maps inputs of any rank", async () => {
  const line: Reference = (x, w, b) => {
    const y = product(x!, w!, { transposeB: true });
    return b === undefined ? y : values(y.shape, (index) => at(y, index) + at(b, index));
  };
  const [w, b] = [randomArray([2, 3], 5), randomArray([2], 6)];
  await checkOperators([
    { fn: affine, reference: line, inputs: [randomArray([4, 3], 1), w, b] },
    { fn: affine, reference: line, inputs: [randomArray([2, 4, 3], 2), w, b] },
    { fn: affine, reference: line, inputs: [randomArray([2, 1, 2, 3], 3), w, b] },
    { fn: (x, y) => affine(x, y), reference: line, inputs: [randomArray([2, 4, 3], 4), w] },
  ]);
});

test("a symbolic batch size", async () => {
  await checkOperator({
    fn: (a, b) => matmul(a, b),
    reference: reference(),
    inputs: [randomArray([2, 3], 1), randomArray([3, 2], 2)],
    shapes: [[batch(2), 3], undefined],
    again: [[randomArray([6, 3], 3), randomArray([3, 2], 4)]],
  });
  await checkOperator({
    fn: (q, k) => matmul(q, k, { transposeB: true, scale: 0.5 }),
    reference: reference({ transposeB: true, scale: 0.5 }),
    inputs: [randomArray([2, 2, 3], 1), randomArray([2, 4, 3], 2)],
    shapes: [
      [batch(), 2, 3],
      [batch(), 4, 3],
    ],
    again: [[randomArray([3, 2, 3], 1), randomArray([3, 4, 3], 2)]],
  });
});

test("incompatible shapes are reported with both", async () => {
  const [a, b] = [array([[1, 2]]), array([[1, 2]])];
  await expect(evaluate((x, y) => matmul(x, y), [a, b])).rejects.toThrow(
    /matmul: inner dimensions differ: \[1, 2\] times \[1, 2\]/,
  );
  await expect(evaluate((x, y) => matmul(x, y), [array([1]), b])).rejects.toThrow(
    /matmul: operands need two axes, got \[1\] and \[1, 2\]/,
  );
  await expect(
    evaluate((x, w, c) => affine(x, w, c), [a, array([[1, 2, 3]]), array([1])]),
  ).rejects.toThrow(/affine: cannot apply a weight \[1, 3\] to \[1, 2\]/);
  await expect(evaluate((x, w, c) => affine(x, w, c), [a, b, array([1, 2])])).rejects.toThrow(
    /affine: a weight \[1, 2\] needs a bias \[1\], got \[2\]/,
  );
});
