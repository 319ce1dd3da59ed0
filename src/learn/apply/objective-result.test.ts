import { expect, test } from "vitest";
import { array } from "../../graph/array.ts";
import type { Tensor } from "../../graph/graph.ts";
import { crossEntropy } from "../../losses/cross-entropy.ts";
import { linear } from "../../nn/linear.ts";
import { reduceMean, reduceSum } from "../../ops/reduce.ts";
import { apply, fit } from "../native.ts";
import type { Objective } from "../step-graph.ts";
import { init } from "./apply.ts";

const data = { x: array([[0, 1], [1, 0]]), y: array([0, 1], "int64") }; // biome-ignore format: a table
type Given = Readonly<Record<string, Tensor>>;
type Scope = Parameters<Objective>[0];

const loss = (scope: Scope, { x }: Given): Tensor => reduceMean(linear(scope, x!, 2));
const options = { steps: 1, batchSize: 2 };

test.each<[string, (scope: Scope, given: Given) => unknown, RegExp]>([
  ["a tensor", loss, /^the objective must return an object with a loss, .* got a tensor$/],
  ["nothing", () => undefined, /^the objective must return .* got undefined$/],
  ["a promise", async () => ({}), /^the objective returned a promise; .* remove async and await/],
  ["a failed promise", () => Promise.reject(new Error("tea")), /returned a promise/],
  ["a mistyped key", (s, g) => ({ los: loss(s, g) }), /with a loss.* got an object with los$/],
  ["a number", () => ({ loss: 3 }), /^the loss of the objective must be a tensor, got 3; make it/],
  [
    "a vector",
    (s, { x }) => ({ loss: linear(s, x!, 2) }),
    /must be a scalar, got the shape \[2, 2\]/,
  ],
  ["int64", (_, { y }) => ({ loss: reduceSum(y!) }), /must be float32, got int64; compute it with/],
  [
    "an undefined metric",
    (s, g) => ({ loss: loss(s, g), metrics: { a: undefined } }),
    /^the metric a of the objective must be a tensor, got undefined/,
  ],
  [
    "a vector metric",
    (s, g) => ({ loss: loss(s, g), metrics: { a: g.x } }),
    /^the metric a of the objective must be a scalar, got the shape \[2, 2\]/,
  ],
  [
    "a metric called loss",
    (s, g) => ({ loss: loss(s, g), metrics: { loss: reduceMean(g.x!) } }),
    /^the metrics of the objective have the name loss, which every objective uses/,
  ],
  [
    "a metric and an output of one name",
    (s, g) => ({ loss: loss(s, g), metrics: { a: reduceMean(g.x!) }, outputs: { a: g.x } }),
    /^the objective has a metric and an output called a; rename one$/,
  ],
  [
    "an output that is an array",
    (s, g) => ({ loss: loss(s, g), outputs: { a: data.x } }),
    /^the output a of the objective must be a tensor, got an array; make it/,
  ],
  ["no parameters", (_, { x }) => ({ loss: reduceMean(x!) }), /^the objective has no parameters/],
  [
    "a loss without parameters",
    (s, g) => ({ outputs: { l: loss(s, g) }, loss: reduceMean(g.x!) }),
    /^the loss depends on no parameter that trains \(the model has weight, bias\)/,
  ],
  [
    "an input of another name",
    (s, { x, labels }) => ({ loss: crossEntropy(linear(s, x!, 2), labels!) }),
    /^the objective reads the input "labels", which it was not given \(its inputs: x, y\): /,
  ],
])("an objective with %s is refused", async (_, objective, message) => {
  await expect(fit(objective as never, data, options)).rejects.toMatchObject({
    message: expect.stringMatching(message),
    exitCode: 2,
  });
});

test("frozen parameters alone are nothing to train", () =>
  expect(
    fit((s, g) => ({ loss: loss(s, g) }), data, {
      ...options,
      rules: [{ parameters: "*", frozen: true }],
    }),
  ).rejects.toThrow("the loss depends on no parameter that trains"));

test.each<[string, unknown, RegExp]>([
  ["undefined", undefined, /^the data must be arrays by name, such as .* got undefined$/],
  ["a list", [1, 2], /^the data must be arrays by name.* got a list$/],
  ["an array", data.x, /^the data must be arrays by name.* got an array$/],
  ["plain lists", { x: [[1, 2]] }, /^the data: x must be an array, got a list; wrap the list/],
  [
    "a short array",
    { x: { ...data.x, shape: [3, 2] } },
    /x has 4 numbers, but its shape .* needs 6$/,
  ],
])("data that are %s are refused", async (_, given, message) => {
  const objective: Objective = (s, g) => ({ loss: loss(s, g) });
  await expect(fit(objective, given as never, options)).rejects.toThrow(message);
});

test("functions of init and apply are checked alike", async () => {
  const layer = (scope: Scope, { x }: Given) => linear(scope, x!, 2);
  const inputs = { x: data.x };
  const weights = init(layer, inputs);
  expect(() => init(layer, undefined as never)).toThrow(
    "the inputs of the function must be arrays",
  );
  expect(() => init(3 as never, inputs)).toThrow("the function must be a function, got 3");
  await expect(apply(() => null as never, weights, inputs)).rejects.toThrow(
    "the result of the function must be a tensor, got null",
  );
  await expect(apply((async () => 1) as never, weights, inputs)).rejects.toThrow("remove async");
  await expect(apply(layer, weights, { x: [[1, 2]] as never })).rejects.toThrow("wrap the list");
  await expect(apply(layer, {} as never, inputs)).rejects.toThrow(
    "the weights must be a Map of arrays, such as that of init, got an empty object",
  );
  await expect(apply(layer, weights, { x: array([[1, 2, 3]]) })).rejects.toThrow(
    'have "weight" as [2, 2], but for these inputs (x [1, 3]) the function needs [2, 3]',
  );
});
