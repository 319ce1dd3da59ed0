import { expect, test } from "vitest";
import { array, toNumbers } from "../graph/array.ts";
import type { Tensor } from "../graph/graph.ts";
import { evaluate, valueAndGradients } from "../runtime/evaluate.ts";
import {
  erf,
  gelu,
  geluTanh,
  leakyRelu,
  normalCdf,
  normalDensity,
  quickGelu,
  relu,
  reluSquared,
  sigmoid,
  silu,
  softplus,
  tanh,
} from "./activation.ts";
import { elementwise, property, randomArray, randomCases } from "./check.fixture.ts";

/** Error function by its Taylor series, to float64 precision for |x| up to 4. */
function exactErf(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n < 100; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}
const cdf = (x: number): number => (1 + exactErf(x / Math.SQRT2)) / 2;
const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

const functions: Record<string, [(x: Tensor) => Tensor, (x: number) => number]> = {
  erf: [erf, exactErf],
  normalCdf: [normalCdf, cdf],
  normalDensity: [normalDensity, (x) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)],
  relu: [relu, (x) => Math.max(x, 0)],
  leakyRelu: [leakyRelu, (x) => Math.max(x, 0.01 * x)],
  reluSquared: [reluSquared, (x) => Math.max(x, 0) ** 2],
  sigmoid: [sigmoid, logistic],
  tanh: [tanh, Math.tanh],
  softplus: [softplus, (x) => Math.log1p(Math.exp(x))],
  silu: [silu, (x) => x * logistic(x)],
  gelu: [gelu, (x) => x * cdf(x)],
  quickGelu: [quickGelu, (x) => x * logistic(1.702 * x)],
  geluTanh: [
    geluTanh,
    (x) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  ],
};

test.each(Object.entries(functions))("%s", async (_, [fn, reference]) => {
  await property(randomCases(0, 3), ({ shape, seed }) => ({
    fn,
    reference: elementwise(reference),
    inputs: [randomArray(shape, seed, -3, 3)],
  }));
});

test("the gradient of relu is 0 at 0", async () => {
  const { gradients } = await valueAndGradients(relu, [array([-1, 0, 1])], {
    weights: array([1, 1, 1]),
  });
  expect(toNumbers(gradients[0]!)).toEqual([0, 0, 1]);
});

test("large arguments saturate instead of overflowing", async () => {
  const [soft, sharp, bent] = await evaluate(
    (x) => [softplus(x), sigmoid(x), silu(x)],
    [array([-200, 200])],
  );
  expect(toNumbers(soft!)).toEqual([0, 200]);
  expect(toNumbers(sharp!)[1]).toBe(1);
  expect(toNumbers(sharp!)[0]).toBeCloseTo(0, 6);
  expect(toNumbers(bent!)[1]).toBe(200);
});
