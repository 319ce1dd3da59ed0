import { expect, test } from "vitest";
import { array, toNumbers } from "../graph/array.ts";
import { runScoped } from "../nn/scope.fixture.ts";
import { gelu } from "../ops/activation.ts";
import { mul } from "../ops/arithmetic.ts";
import { type ExpertOptions, feedForward } from "./experts.ts";

const silu = (x: number): number => x / (1 + Math.exp(-x));

const run = (options: ExpertOptions, values: Record<string, ReturnType<typeof array>>) =>
  runScoped((scope, { x }) => ({ y: feedForward(scope, x!, options) }), {
    inputs: { x: array([[1, -2]]) },
    values,
  });

test("hand-computed MLP", async () => {
  const { outputs, trace } = await run(
    { hiddenWidth: 2, activation: "relu" },
    {
      "fc1.weight": array([
        [1, 1],
        [2, -1],
      ]),
      "fc1.bias": array([0, 0.5]),
      "fc2.weight": array([
        [3, 2],
        [5, -1],
      ]),
      "fc2.bias": array([0.25, 1]),
    },
  );
  // Hidden: relu(-1), relu(4 + 0.5).
  expect(toNumbers(outputs.y!)).toEqual([9.25, -3.5]);
  expect(trace.parameters.size).toBe(4);
});

test("hand-computed gated network: fc2(silu(gate x) * up x), without biases", async () => {
  const { outputs, trace } = await run(
    { kind: "gated", hiddenWidth: 2, activation: "silu", bias: false },
    {
      "gate.weight": array([
        [1, 1],
        [2, 0],
      ]),
      "up.weight": array([
        [0, -1],
        [3, 1],
      ]),
      "fc2.weight": array([
        [1, 0],
        [2, 1],
      ]),
    },
  );
  const hidden = [silu(-1) * 2, silu(2) * 1];
  const [first, second] = toNumbers(outputs.y!);
  expect(first).toBeCloseTo(hidden[0]!, 6);
  expect(second).toBeCloseTo(2 * hidden[0]! + hidden[1]!, 6);
  expect([...trace.parameters.keys()]).toEqual(["gate.weight", "up.weight", "fc2.weight"]);
});

test("an inner norm normalises, then scales and shifts", async () => {
  const { outputs } = await run(
    { hiddenWidth: 1, activation: "relu", innerNorm: true },
    {
      "norm.weight": array([2, 1]),
      "norm.bias": array([1, 1]),
      "fc1.weight": array([[1, 0]]),
      "fc1.bias": array([0]),
      "fc2.weight": array([[1], [0]]),
      "fc2.bias": array([0, 0]),
    },
  );
  // (1, -2) has mean -0.5 and deviation 1.5, so that the first entry is 1, and 2 * 1 + 1 = 3.
  expect(toNumbers(outputs.y!)[0]).toBeCloseTo(3, 4);
});

test("dropout draws for the hidden layer and for the output, in training only", async () => {
  const options: ExpertOptions = { hiddenWidth: 3, dropout: 0.5 };
  const traced = (training: boolean) =>
    runScoped((scope, { x }) => ({ y: feedForward(scope, x!, options) }), {
      inputs: { x: array([[1, -2]]) },
      training,
    });
  expect([...(await traced(true)).trace.randoms.keys()]).toEqual([
    "hidden.dropout",
    "output.dropout",
  ]);
  expect((await traced(false)).trace.randoms.size).toBe(0);
});

test("an activation is a name, an operator or a custom function", async () => {
  const values = {
    "fc1.weight": array([[1, 0], [0, 1]]),
    "fc1.bias": array([0, 0]),
    "fc2.weight": array([[1, 0], [0, 1]]),
    "fc2.bias": array([0, 0]),
  }; // biome-ignore format: matrices
  const of = async (activation: NonNullable<ExpertOptions["activation"]>) =>
    toNumbers((await run({ hiddenWidth: 2, activation }, values)).outputs.y!);
  expect(await of(gelu)).toEqual(await of("gelu"));
  expect(await of((x) => mul(x, 3))).toEqual([3, -6]);
  await expect(of("gleu" as "gelu")).rejects.toThrow("unknown activation gleu; did you mean gelu?");
});
