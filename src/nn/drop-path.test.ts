import { expect, test } from "vitest";
import { array, toNumbers } from "../graph/array.ts";
import { input } from "../graph/inputs.ts";
import { batch } from "../graph/shape.ts";
import { dropPath, dropPathRate } from "./drop-path.ts";
import { normalArray, runScoped } from "./scope.fixture.ts";
import { createScope } from "./scope.ts";

const y = normalArray("y", [3 * 2, 4]); // three samples of two tokens
const values = { drop_path: array([[[0.1]], [[0.25]], [[0.9]]]) };

const run = (rate: number, training: boolean) =>
  runScoped((scope, given) => ({ dropped: dropPath(scope, given.y!, rate, { numTokens: 2 }) }), {
    inputs: { y },
    values,
    training,
    differentiate: ["dropped"],
  });

const factors = [0, 1 / 0.75, 1 / 0.75]; // a draw equal to the rate is kept

test("samples whose number is below the rate are dropped, the others scaled up", async () => {
  const { outputs } = await run(0.25, true);
  const expected = toNumbers(y).map((value, i) => value * factors[Math.floor(i / 8)]!);
  for (const [i, value] of toNumbers(outputs.dropped!).entries()) {
    expect(value).toBeCloseTo(expected[i]!, 6);
  }
});

test("gradients reach only the kept samples, with the same factor", async () => {
  const { gradients } = await run(0.25, true);
  const weights = toNumbers(normalArray("cotangent", y.shape));
  const found = toNumbers(gradients.dropped!.y!);
  for (const [i, value] of found.entries()) {
    expect(value).toBeCloseTo(weights[i]! * factors[Math.floor(i / 8)]!, 6);
  }
});

test("the identity in evaluation, and at rate 0", async () => {
  expect(toNumbers((await run(0.25, false)).outputs.dropped!)).toEqual(toNumbers(y));
  const { outputs, trace } = await run(0, true);
  expect(toNumbers(outputs.dropped!)).toEqual(toNumbers(y));
  const drawn = [...trace.randoms.keys()].filter((name) => !name.startsWith("cotangent:"));
  expect(drawn).toEqual([]);
});

test("one draw per sample, by name, for any number of samples", () => {
  const { scope, trace } = createScope({ training: true });
  const tokens = input(trace.graph, "y", { dtype: "float32", shape: [batch(2), 4] });
  const dropped = dropPath(scope.child("attn"), tokens, 0.1, { numTokens: 2 });
  expect(dropped.shape).toEqual(tokens.shape);
  expect([...trace.randoms.values()]).toMatchObject([
    { name: "attn.drop_path", distribution: "uniform", tensor: { shape: [batch(), 1, 1] } },
  ]);
});

test("rates increase to the last block's rate", () => {
  const rates = [0, 1, 2, 3, 4].map((index) => dropPathRate(0.2, index, 5));
  expect(rates.map((rate) => Number(rate.toFixed(6)))).toEqual([0, 0.05, 0.1, 0.15, 0.2]);
  expect(dropPathRate(0.2, 0, 1)).toBe(0.2);
});
