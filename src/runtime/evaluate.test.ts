import { expect, test } from "vitest";
import { array, toNumbers } from "../graph/array.ts";
import type { Tensor } from "../graph/graph.ts";
import { add, mul } from "../ops/arithmetic.ts";
import { matmul } from "../ops/matmul.ts";
import { reduceSum } from "../ops/reduce.ts";
import { evaluate, valueAndGradients } from "./evaluate.ts";

test("evaluate runs a function of tensors on arrays", async () => {
  const [sum, product] = await evaluate(
    (a, b) => [add(a, b), matmul(a, b, { transposeB: true })],
    [array([[1, 2]]), array([[3, 4]])],
  );
  expect(toNumbers(sum!)).toEqual([4, 6]);
  expect(product!.shape).toEqual([1, 1]);
  expect(toNumbers(product!)).toEqual([11]);
});

test("valueAndGradients differentiates a scalar with respect to every input", async () => {
  const { value, gradients } = await valueAndGradients(
    (x, y) => reduceSum(mul(mul(x, x), y)),
    [array([1, 2]), array([3, 5])],
  );
  expect(toNumbers(value)).toEqual([23]); // 1*3 + 4*5
  expect(gradients.map(toNumbers)).toEqual([
    [6, 20], // 2xy
    [1, 4], // x^2
  ]);
});

test("valueAndGradients weights a result that is not a scalar", async () => {
  const { gradients } = await valueAndGradients((x) => mul(x, 2), [array([1, 2])], {
    weights: array([1, 10]),
  });
  expect(toNumbers(gradients[0]!)).toEqual([2, 20]);
});

test("a result that is not a scalar needs weights", async () => {
  await expect(valueAndGradients((x) => x, [array([1, 2])])).rejects.toThrow(/shape \[2\]/);
});

test("auxiliary results are returned with the gradients of the loss", async () => {
  const { value, gradients, auxiliary } = await valueAndGradients(
    (x, y) => {
      const product = mul(x, y);
      return { loss: reduceSum(product), auxiliary: { product, first: x } };
    },
    [array([1, 2]), array([3, 5])],
    { wrt: [1] },
  );
  expect(toNumbers(value)).toEqual([13]);
  expect(gradients.map(toNumbers)).toEqual([[1, 2]]);
  expect(toNumbers(auxiliary.product)).toEqual([3, 10]);
  expect(toNumbers(auxiliary.first)).toEqual([1, 2]);
  // @ts-expect-error: the names are typed
  expect(auxiliary.other).toBeUndefined();
});

test("float64 inputs have gradients, and weights have the shape of the result", async () => {
  const square = (x: Tensor) => mul(x, x);
  const weights = array([1, 10]);
  const { gradients } = await valueAndGradients(square, [array([1, 2], "float64")], { weights });
  expect(gradients).toEqual([array([2, 40], "float64")]);
  await expect(
    valueAndGradients(square, [array([1, 2, 3])], { weights: array([1]) }),
  ).rejects.toThrow("weights must have the shape [3] of the result, got [1]");
});

test.each<[string, () => unknown, RegExp]>([
  ["a number", () => 3, /^the result of the function must be a tensor, got 3; make it a tensor/],
  ["null", () => null, /must be a tensor, got null$/],
  ["a promise", async () => 3, /^the function returned a promise; .* remove async and await/],
  [
    "a loss of null",
    () => ({ loss: null }),
    /^the loss of the function must be a tensor, got null/,
  ],
])("a function that returns %s is refused", async (_, fn, message) => {
  await expect(valueAndGradients(fn as never, [array([1])])).rejects.toThrow(message);
});

test.each<[string, unknown, RegExp]>([
  ["a number", { n: 3 }, /^auxiliary n must be a tensor, got 3; make it a tensor with constant/],
  ["a text", "s", /^auxiliary must be tensors by name, such as { logits }, got "s"$/],
  ["null", null, /^auxiliary must be tensors by name.* got null$/],
  ["nested", { p: { q: 1 } }, /^auxiliary p must be a tensor, got an object with q$/],
  ["an array", { a: array([1]) }, /^auxiliary a must be a tensor, got an array; make it/],
])("auxiliary results that are %s are refused", async (_, auxiliary, message) => {
  const fn = (x: Tensor) => ({ loss: reduceSum(x), auxiliary });
  await expect(valueAndGradients(fn as never, [array([1])])).rejects.toThrow(message);
});

test("inputs and indices are checked", async () => {
  const refused = (inputs: unknown, options: object, message: string) =>
    expect(valueAndGradients(reduceSum as never, inputs as never, options)).rejects.toThrow(
      message,
    );
  await refused([[1, 2]], {}, "input 0 must be an array, got a list; wrap the list: array([...])");
  await refused(array([1]), {}, "the inputs must be a list of arrays, such as [array([1, 2])]");
  await refused([array([1])], { wrt: [5] }, "options.wrt has the index 5, but the inputs have the");
  expect(() => array(["a"] as never)).toThrow('all values must be numbers or booleans, got "a"');
  expect(() => array([1], "int3" as never)).toThrow("the type must be one of float32,");
  expect(() => array([0.5], "int64")).toThrow("int64 holds whole numbers, got 0.5");
});
