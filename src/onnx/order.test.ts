import { fromBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema } from "onnx-buf";
import { expect, test } from "vitest";
import { createGraph } from "../graph/graph.ts";
import { input } from "../graph/inputs.ts";
import { abs, cos, exp, sin, sqrt } from "../ops/arithmetic.ts";
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
