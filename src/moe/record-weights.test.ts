import { expect, test } from "vitest";
import { zeros } from "../nn/initializers.ts";
import { createScope } from "../nn/scope.ts";
import { recordWeights } from "./record-weights.ts";

test("records weights of all levels once, without biases", () => {
  const { scope, trace } = createScope({ training: true });
  const { scope: recording, weights } = recordWeights(scope.child("router"));
  const gate = recording.child("gate");
  const first = gate.parameter("weight", [4, 8], zeros);
  gate.parameter("bias", [4], zeros);
  const second = recording.child("hidden").child(0).parameter("weight", [3, 8], zeros);
  gate.parameter("weight", [4, 8], zeros);
  expect(weights).toEqual([first, second]);
  expect([...trace.parameters.keys()]).toEqual([
    "router.gate.weight",
    "router.gate.bias",
    "router.hidden.0.weight",
  ]);
});
