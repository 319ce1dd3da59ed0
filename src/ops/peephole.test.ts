import { fromBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema } from "onnx-buf";
import { expect, test } from "vitest";
import { gradients } from "../autodiff/gradients.ts";
import { createGraph, type Tensor } from "../graph/graph.ts";
import { constant, input } from "../graph/inputs.ts";
import { batch, type Shape } from "../graph/shape.ts";
import { emitModel } from "../onnx/emit.ts";
import { add, div, exp, mul, neg, pow, sub } from "./arithmetic.ts";
import { at, checkOperator, elementwise, randomArray, values } from "./check.fixture.ts";
import { greater, where } from "./compare.ts";
import { reduceMean, reduceSum } from "./reduce.ts";
import { expand } from "./reshape.ts";

/** ONNX operators of a function and, with `differentiate`, of its gradients only. */
function operators(
  shapes: readonly Shape[],
  fn: (...inputs: Tensor[]) => Tensor,
  differentiate = false,
): string[] {
  const graph = createGraph();
  const inputs = shapes.map((shape, i) => input(graph, `in${i}`, { dtype: "float32", shape }));
  const result = fn(...inputs);
  const wanted = differentiate ? gradients(result, inputs) : [result];
  const { bytes } = emitModel(Object.fromEntries(wanted.map((t, i) => [`out${i}`, t])));
  const { graph: proto } = fromBinary(ModelProtoSchema, bytes);
  return proto!.node.map(({ opType }) => opType).sort();
}

test("neutral constants add no node", () => {
  const unchanged = (fn: (x: Tensor) => Tensor) => operators([[2, 3]], fn);
  for (const fn of [
    (x: Tensor) => mul(x, 1),
    (x: Tensor) => mul(1, x),
    (x: Tensor) => add(0, add(x, 0)),
    (x: Tensor) => sub(x, 0),
    (x: Tensor) => div(x, 1),
    (x: Tensor) => pow(x, 1),
  ]) {
    expect(unchanged(fn)).toEqual(["Identity"]); // the output is the input under another name
  }
  expect(unchanged((x) => sub(0, x))).toEqual(["Sub"]);
  expect(unchanged((x) => div(1, x))).toEqual(["Div"]);
});

test("a one that enlarges the result is kept", () => {
  const enlarged = operators([[3]], (x) => mul(x, constant(x.graph, [[1], [1]])));
  expect(enlarged).toEqual(["Mul"]);
  expect(operators([[3]], (x) => mul(x, constant(x.graph, [[1]])))).toEqual(["Mul"]);
});

test("the gradient of a weighted sum is its weights", () => {
  for (const rows of [4, batch()]) {
    const shapes = [
      [rows, 3],
      [rows, 3],
    ] as const;
    expect(operators(shapes, (x, w) => reduceSum(mul(x, w)), true)).toEqual([
      "Identity",
      "Identity",
    ]);
  }
});

test("the gradient of a mean is never expanded before use", () => {
  const found = operators([[4, 3]], (x) => reduceMean(exp(x)), true);
  expect(found.filter((name) => name === "Expand")).toEqual([]);
  expect(found.filter((name) => name === "Mul")).toHaveLength(1);
  const masked = operators([[4, 3]], (x) => reduceSum(where(greater(x, 0), x, 0)), true);
  expect(masked).toContain("Where");
  expect(masked).not.toContain("Expand");
});

test("values and gradients are correct through expansions", async () => {
  await checkOperator({
    fn: (row, column, full) => {
      const [a, b] = [expand(row, [2, 3]), expand(column, [2, 3])];
      return [add(a, full), mul(a, b), neg(a), sub(2, mul(a, 3)), mul(a, a), div(full, b)];
    },
    reference: (row, column, full) => {
      const a = values([2, 3], (i) => at(row!, i));
      const b = values([2, 3], (i) => at(column!, i));
      return [
        elementwise((x, y) => x! + y!)(a, full!),
        elementwise((x, y) => x! * y!)(a, b),
        elementwise((x) => -x!)(a),
        elementwise((x) => 2 - 3 * x!)(a),
        elementwise((x) => x! * x!)(a),
        elementwise((x, y) => x! / y!)(full!, b),
      ];
    },
    inputs: [randomArray([3], 1), randomArray([2, 1], 2, 0.5), randomArray([2, 3], 3)],
  });
});

test("an expansion to a run-time shape is reused", async () => {
  await checkOperator({
    fn: (x, row) => [mul(expand(row, x), 2), mul(expand(reduceMean(x), x), x)],
    reference: (x, row) => {
      const mean = Array.from(x!.data).reduce((sum, v) => sum + v, 0) / x!.data.length;
      return [values(x!.shape, (i) => 2 * at(row!, i)), elementwise((v) => v! * mean)(x!)];
    },
    inputs: [randomArray([2, 3], 1), randomArray([3], 2)],
    shapes: [[batch(), 3], undefined],
    again: [[randomArray([4, 3], 3), randomArray([3], 4)]],
  });
});
