import { expect, test } from "vitest";
import { createGraph } from "../graph/graph.ts";
import { input } from "../graph/inputs.ts";
import { exp } from "../ops/arithmetic.ts";
import { nodeLabel, readNodeName } from "./node-name.ts";

test("names encode place, pass and operator, also after ONNX Runtime fused nodes", () => {
  const graph = createGraph();
  graph.place = "blocks.0.fc";
  graph.phase = "recompute";
  const { node } = exp(input(graph, "x", { dtype: "float32", shape: [2] }));
  const label = nodeLabel(node);
  expect(label).toBe(`blocks.0.fc/recompute/exp#${node.id}`);
  const origin = { place: "blocks.0.fc", phase: "recompute", op: "exp" };
  for (const name of [`${label}:7`, `fused ${label}:7`, `${label}:7_new_reshape`]) {
    expect(readNodeName(name)).toEqual(origin);
  }
  expect(readNodeName("/add#22:6")).toEqual({ place: "", phase: "forward", op: "add" });
  expect(readNodeName("Transpose_token_2")).toBeUndefined();
});
