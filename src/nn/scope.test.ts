import { expect, test } from "vitest";
import { inputAttributes } from "../graph/inputs.ts";
import { mul } from "../ops/arithmetic.ts";
import { ones, zeros } from "./initializers.ts";
import { linear } from "./linear.ts";
import { createScope } from "./scope.ts";

test("names follow the path, as in a PyTorch state dict", () => {
  const { scope, trace } = createScope({ training: true });
  const attention = scope.child("blocks").child(0).child("attn");
  expect(attention.path).toBe("blocks.0.attn");
  const weight = attention.child("qkv").parameter("weight", [6, 2], zeros);
  scope.parameter("pos_embed", [1, 3, 2], zeros, { decay: false });
  attention.random("dropout", [3, 2], "uniform");
  attention.state("mean", [2], ones);
  expect([...trace.parameters.keys()]).toEqual(["blocks.0.attn.qkv.weight", "pos_embed"]);
  expect([...trace.randoms.keys()]).toEqual(["blocks.0.attn.dropout"]);
  expect([...trace.states.keys()]).toEqual(["blocks.0.attn.mean"]);
  expect(inputAttributes(weight)).toMatchObject({
    name: "blocks.0.attn.qkv.weight",
    role: "parameter",
    shape: [6, 2],
  });
});

test("weights of two axes or more decay by default", () => {
  const { scope, trace } = createScope({ training: true });
  scope.parameter("weight", [2, 2], zeros);
  scope.parameter("bias", [2], zeros);
  scope.parameter("embedding", [2, 2], zeros, { decay: false });
  const decayed = [...trace.parameters.values()].filter(({ decay }) => decay);
  expect(decayed.map(({ name }) => name)).toEqual(["weight"]);
});

test("a scope applied twice shares its parameters", () => {
  const { scope, trace } = createScope({ training: false });
  const x = scope.parameter("x", [4, 3], zeros);
  const tower = scope.child("tower");
  linear(tower, linear(tower, x, 3), 3);
  expect([...trace.parameters.keys()]).toEqual(["x", "tower.weight", "tower.bias"]);
});

test("a parameter that is used again with another shape is refused", () => {
  const { scope } = createScope({ training: true });
  const x = scope.parameter("x", [4, 3], zeros);
  linear(scope.child("head"), x, 2);
  expect(() => linear(scope.child("head"), x, 5)).toThrow(
    /uses the parameter head\.weight with the shapes \[2, 3\] and \[5, 3\]; give the second layer a name/,
  );
});

test("a child can draw its initial values under another name", () => {
  const { scope, trace } = createScope({ training: true });
  const experts = scope.child("experts");
  const x = scope.parameter("x", [4, 3], zeros);
  for (const e of [0, 1]) linear(experts.child(e, { drawnAs: 0 }).child("fc1"), x, 2);
  const drawn = [...trace.parameters.values()].map(({ name, drawnAs }) => [name, drawnAs]);
  expect(drawn).toContainEqual(["experts.1.fc1.weight", "experts.0.fc1.weight"]);
  expect(drawn).toContainEqual(["experts.0.fc1.bias", "experts.0.fc1.bias"]);
  expect(drawn).toContainEqual(["x", "x"]);
});

test("names of taps, random tensors, states, updates and auxiliary losses are unique", () => {
  const { scope } = createScope({ training: true });
  const at = scope.child("moe");
  const x = at.state("mean", [], zeros);
  at.tap("ids", x);
  at.random("noise", [2], "normal");
  at.auxiliary("balance", 0.1, x);
  at.update("mean", mul(x, 2));
  const sentence = (name: string) => `the model uses the name moe.${name} twice`;
  expect(() => at.tap("ids", x)).toThrow(sentence("ids"));
  expect(() => at.random("noise", [2], "normal")).toThrow(sentence("noise"));
  expect(() => at.auxiliary("balance", 0.1, x)).toThrow(sentence("balance"));
  expect(() => at.state("mean", [], zeros)).toThrow(sentence("mean"));
  expect(() => at.update("mean", x)).toThrow(sentence("mean"));
  expect(() => at.update("variance", x)).toThrow("there is no state moe.variance to update");
});

test("nodes belong to the scope whose parameters they use", () => {
  const { scope } = createScope({ training: false });
  const x = scope.parameter("x", [4, 3], zeros);
  const y = linear(scope.child("blocks").child(1).child("fc"), x, 5);
  expect(y.node.place).toBe("blocks.1.fc");
});
