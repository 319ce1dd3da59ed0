import { expect, test } from "vitest";
import { array, toNumbers } from "../graph/array.ts";
import type { Tensor } from "../graph/graph.ts";
import { batch } from "../graph/shape.ts";
import { evaluate, valueAndGradients } from "../runtime/evaluate.ts";
import {
  abs,
  add,
  clamp,
  cos,
  div,
  exp,
  log,
  maximum,
  minimum,
  mul,
  neg,
  pow,
  reciprocal,
  sign,
  sin,
  sqrt,
  square,
  sub,
} from "./arithmetic.ts";
import {
  checkOperator,
  checkOperators,
  elementwise,
  property,
  randomArray,
  randomCases,
} from "./check.fixture.ts";

type Binary = [(a: Tensor, b: Tensor) => Tensor, (a: number, b: number) => number, number?];
const binaries: Record<string, Binary> = {
  add: [add, (a, b) => a + b],
  sub: [sub, (a, b) => a - b],
  mul: [mul, (a, b) => a * b],
  div: [div, (a, b) => a / b, 0.5],
  pow: [pow, (a, b) => a ** b, 0.5],
  maximum: [maximum, Math.max],
  minimum: [minimum, Math.min],
};

test.each(Object.entries(binaries))("%s broadcasts", async (_, [fn, reference, low = -2]) => {
  await property(randomCases(1, 3), ({ shape, seed }) => {
    const full = randomArray(shape, seed, low);
    const some = shape.map((size, axis) => ((seed >> axis) & 1 ? 1 : size));
    const check = { fn: fn as never, reference: elementwise(reference as never) };
    return [
      { ...check, inputs: [full, randomArray(shape, seed + 1, low)] },
      { ...check, inputs: [full, randomArray(some, seed + 1, low)] },
      { ...check, inputs: [randomArray(shape.slice(1), seed + 1, low), full] },
      { ...check, inputs: [randomArray([...some, 3], seed, low), randomArray([1, 3], seed, low)] },
    ];
  });
});

type Unary = [(x: Tensor) => Tensor, (x: number) => number, number?];
const unaries: Record<string, Unary> = {
  neg: [neg, (x) => -x],
  abs: [abs, Math.abs],
  exp: [exp, Math.exp],
  log: [log, Math.log, 0.1],
  sqrt: [sqrt, Math.sqrt, 0.1],
  reciprocal: [reciprocal, (x) => 1 / x, 0.3],
  sin: [sin, Math.sin],
  cos: [cos, Math.cos],
  square: [square, (x) => x * x],
  sign: [sign, Math.sign],
  clamp: [(x) => clamp(x, -0.5, 1), (x) => Math.min(Math.max(x, -0.5), 1)],
  "power of 3": [(x) => pow(x, 3), (x) => x ** 3],
  "2 - x": [(x) => sub(2, x), (x) => 2 - x],
  "1 / x": [(x) => div(1, x), (x) => 1 / x, 0.3],
};

test("unary functions", async () => {
  await property(randomCases(0, 3), ({ shape, seed }) =>
    Object.values(unaries).map(([fn, reference, low = -2]) => ({
      fn,
      reference: elementwise(reference),
      inputs: [randomArray(shape, seed, low)],
    })),
  );
});

test("a symbolic batch size broadcasts like a fixed one", async () => {
  await checkOperator({
    fn: (x, y, z) => add(mul(x, y), z),
    reference: elementwise((x, y, z) => x! * y! + z!),
    inputs: [randomArray([2, 3], 1), randomArray([3], 2), randomArray([2, 1], 3)],
    shapes: [[batch(), 3], undefined, [batch(), 1]],
    again: [
      [randomArray([5, 3], 4), randomArray([3], 5), randomArray([5, 1], 6)],
      [randomArray([1, 3], 7), randomArray([3], 8), randomArray([1, 1], 9)],
    ],
  });
});

test("ties in maximum and minimum share the gradient", async () => {
  for (const fn of [maximum, minimum]) {
    const { gradients } = await valueAndGradients(fn, [array([1, 2]), array([1, 5])], {
      weights: array([4, 4]),
    });
    expect(gradients.map((g) => toNumbers(g)[0])).toEqual([2, 2]);
  }
});

test("gradients at the kinks: abs 0, clamp halves", async () => {
  const { gradients } = await valueAndGradients((x) => abs(x), [array([0, -3])], {
    weights: array([1, 1]),
  });
  expect(toNumbers(gradients[0]!)).toEqual([0, -1]);
});

test("empty operands give empty results", async () => {
  await checkOperators([
    {
      fn: (x, y) => mul(add(x, y), 2),
      reference: elementwise((x, y) => 2 * (x! + y!)),
      inputs: [randomArray([0, 3], 1), randomArray([3], 2)],
    },
  ]);
});

test("integers keep their type", async () => {
  const [y] = await evaluate((x) => add(mul(x, 3), 1), [array([1, -2], "int64")]);
  expect(y!.dtype).toBe("int64");
  expect(toNumbers(y!)).toEqual([4, -5]);
});

test("shapes that do not broadcast, and mixed types, are reported with both", async () => {
  await expect(evaluate(add, [array([1, 2]), array([1, 2, 3])])).rejects.toThrow(
    /add: cannot broadcast \[2\] with \[3\]/,
  );
  await expect(evaluate(mul, [array([1]), array([1], "int64")])).rejects.toThrow(
    /mul: operands must have one type, got float32, int64/,
  );
});
