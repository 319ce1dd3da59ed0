import { fromBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema } from "onnx-buf";
import { expect, test } from "vitest";
import { createGraph } from "../graph/graph.ts";
import { input } from "../graph/inputs.ts";
import { abs, cos, exp, sin, sqrt } from "../ops/arithmetic.ts";
import { gather } from "../ops/gather.ts";
import { matmul } from "../ops/matmul.ts";
import { emitModel } from "./emit.ts";

test("nodes whose outputs no node reads come last, in reverse order", () => {
  const graph = createGraph();
  const x = input(graph, "x", { dtype: "float32", shape: [2] });
  const a = exp(x);
  const early = sin(a);
  const b = cos(a);
  const middle = sqrt(b);
  const late = abs(b);
  const { bytes } = emitModel({ late, early, middle });
  const nodes = fromBinary(ModelProtoSchema, bytes).graph!.node.map(({ opType }) => opType);
  expect(nodes).toEqual(["Exp", "Cos", "Abs", "Sqrt", "Sin"]);
});

test("casts of stored inputs come first, and rows of a stored table are cast after they are selected", () => {
  const graph = createGraph();
  const table = input(graph, "table", { dtype: "float32", shape: [5, 2] });
  const weight = input(graph, "weight", { dtype: "float32", shape: [2, 2] });
  const ids = input(graph, "ids", { dtype: "int64", shape: [3] });
  const y = matmul(exp(gather(table, ids)), weight);
  const storedAs = (name: string) => (name === "ids" ? "int64" : "bfloat16");
  const { bytes, inputs } = emitModel({ y, z: sin(weight) }, { storedAs });
  const { node } = fromBinary(ModelProtoSchema, bytes).graph!;
  expect(node.map(({ opType, input: [first] }) => [opType, first])).toEqual([
    ["Cast", "weight"],
    ["Gather", "table"],
    ["Cast", node[1]!.output[0]],
    ["Exp", node[2]!.output[0]],
    ["Sin", node[0]!.output[0]],
    ["Gemm", node[3]!.output[0]],
  ]);
  expect(inputs.map(({ name, dtype }) => `${name} ${dtype}`)).toEqual([
    "table bfloat16",
    "weight bfloat16",
    "ids int64",
  ]);
});
