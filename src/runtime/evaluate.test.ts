import { expect, test } from "vitest";
import { array, toNumbers } from "../graph/array.ts";
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
