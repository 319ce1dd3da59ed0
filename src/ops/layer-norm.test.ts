import { expect, test } from "vitest";
import { array, toNumbers } from "../graph/array.ts";
import { batch } from "../graph/shape.ts";
import { evaluate } from "../runtime/evaluate.ts";
import {
  alongAxis,
  at,
  checkOperator,
  property,
  type Reference,
  randomArray,
  randomCases,
  values,
} from "./check.fixture.ts";
import { layerNorm } from "./layer-norm.ts";

const reference: Reference = (x, scale, bias) => {
  const normalized = alongAxis(x!, -1, (line) => {
    const mean = line.reduce((sum, v) => sum + v, 0) / line.length;
    const spread = line.reduce((sum, v) => sum + (v - mean) ** 2, 0) / line.length;
    return line.map((v) => (v - mean) / Math.sqrt(spread + 1e-3));
  });
  return values(x!.shape, (index) => {
    const feature = index.slice(-1);
    return at(normalized, index) * at(scale!, feature) + at(bias!, feature);
  });
};

test("layer norm and its three gradients", async () => {
  await property(randomCases(0, 3), ({ shape, seed }) => {
    const width = 2 + (seed % 6);
    return {
      fn: (x, s, b) => layerNorm(x, s, b, 1e-3),
      reference,
      inputs: [
        randomArray([...shape, width], seed),
        randomArray([width], seed + 1),
        randomArray([width], seed + 2),
      ],
    };
  });
});

test("a symbolic batch size, zero rows included", async () => {
  const [s, b] = [randomArray([4], 1), randomArray([4], 2)];
  await checkOperator({
    fn: (x, scale, bias) => layerNorm(x, scale, bias, 1e-3),
    reference,
    inputs: [randomArray([2, 3, 4], 3), s, b],
    shapes: [[batch(), 3, 4], undefined, undefined],
    again: [
      [randomArray([5, 3, 4], 4), s, b],
      [randomArray([0, 3, 4], 4), s, b],
    ],
  });
});

test("rows have mean 0 and deviation 1", async () => {
  const [y] = await evaluate(
    (x, s, b) => layerNorm(x, s, b, 0),
    [array([[1, 3]]), array([1, 1]), array([0, 0])],
  );
  expect(toNumbers(y!)).toEqual([-1, 1]);
});

test("parameters of another width are refused", async () => {
  await expect(
    evaluate((x, s, b) => layerNorm(x, s, b), [array([[1, 2]]), array([1]), array([1, 2])]),
  ).rejects.toThrow(
    /layer_norm: scale and bias must have one entry per feature of \[1, 2\], got \[1\]/,
  );
});
