import { expect, test } from "vitest";
import { array, toNumbers } from "../graph/array.ts";
import { createGraph, defineOp } from "../graph/graph.ts";
import { input } from "../graph/inputs.ts";
import { add, exp, mul } from "../ops/arithmetic.ts";
import { split } from "../ops/join.ts";
import { reduceSum } from "../ops/reduce.ts";
import { evaluate } from "../runtime/evaluate.ts";
import { gradients } from "./gradients.ts";

test("gradients of a tensor with several uses are summed", async () => {
  const [dx] = await evaluate(
    (x) => gradients(reduceSum(add(mul(x, x), mul(x, 3))), [x]),
    [array([1, -2])],
  );
  expect(toNumbers(dx!)).toEqual([5, -1]); // 2x + 3
});

test("intermediate tensors have gradients", async () => {
  const [dy] = await evaluate(
    (x) => {
      const y = mul(x, 2);
      return gradients(reduceSum(mul(y, y)), [y]);
    },
    [array([1, 2])],
  );
  expect(toNumbers(dy!)).toEqual([4, 8]); // 2y
});

test("tensors that the loss does not depend on get zeros", async () => {
  const [dx, du] = await evaluate(
    (x, unused) => gradients(reduceSum(x), [x, unused]),
    [array([1, 2]), array([[1, 2, 3]])],
  );
  expect(toNumbers(dx!)).toEqual([1, 1]);
  expect(du!.shape).toEqual([1, 3]);
  expect(toNumbers(du!)).toEqual([0, 0, 0]);
});

test("unused outputs get no gradient", async () => {
  const [dx] = await evaluate(
    (x) => gradients(reduceSum(exp(split(x, 2)[1]!)), [x]),
    [array([5, 0])],
  );
  expect(toNumbers(dx!)).toEqual([0, 1]);
});

test("gradient nodes have the place of their forward node", () => {
  const graph = createGraph();
  const x = input(graph, "x", { dtype: "float32", shape: [2] });
  graph.place = "blocks.0";
  const y = exp(x);
  graph.place = "head";
  const [dx] = gradients(reduceSum(y), [x]);
  expect(dx!.node.place).toBe("blocks.0");
  expect(graph.place).toBe("head");
});

test("a non-scalar loss and an operator without gradient are refused", () => {
  const graph = createGraph();
  const x = input(graph, "x", { dtype: "float32", shape: [2] });
  expect(() => gradients(x, [x])).toThrow(/the loss must be a scalar, got \[2\]/);
  const opaque = defineOp<null>({
    name: "opaque",
    infer: ([t]) => [{ dtype: t!.dtype, shape: t!.shape }],
    emit: () => {},
  });
  graph.place = "blocks.1";
  const loss = reduceSum(opaque([x], null)[0]!);
  expect(() => gradients(loss, [x])).toThrow(/operator opaque in blocks.1 has no gradient/);
});
