import { expect, test } from "vitest";
import { array, toNumbers } from "../graph/array.ts";
import { evaluate, valueAndGradients } from "../runtime/evaluate.ts";
import { alongAxis, property, randomArray, randomCases, type Values } from "./check.fixture.ts";
import { cosineSimilarity, l2Normalize } from "./l2-normalize.ts";

const unit = (x: Values, axis: number): Values =>
  alongAxis(x, axis, (line) => line.map((v) => v / Math.hypot(...line)));

test("unit vectors and cosines along any axis", async () => {
  await property(randomCases(1, 3), ({ shape, seed }) => {
    const axis = (seed % (2 * shape.length)) - shape.length;
    const inputs = [randomArray(shape, seed, 0.2), randomArray(shape, seed + 1, 0.2)];
    return [
      { fn: (x) => l2Normalize(x, axis), reference: (x) => unit(x!, axis), inputs: [inputs[0]!] },
      {
        fn: (a, b) => cosineSimilarity(a, b, axis),
        reference: (a, b) => {
          const [u, v] = [unit(a!, axis), unit(b!, axis)];
          const products = Array.from(u.data, (x, i) => x * v.data[i]!);
          const sums = alongAxis({ shape, data: products }, axis, (line) => [
            line.reduce((sum, x) => sum + x, 0),
          ]);
          return { shape: shape.toSpliced(axis, 1), data: sums.data };
        },
        inputs,
      },
    ];
  });
});

test("zero vectors stay zero and have finite gradients", async () => {
  const { value, gradients } = await valueAndGradients(
    (x) => l2Normalize(x, -1, 1e-3),
    [array([[0, 0]])],
    { weights: array([[1, 2]]) },
  );
  expect(toNumbers(value)).toEqual([0, 0]);
  const [first, second] = toNumbers(gradients[0]!) as [number, number];
  expect(first).toBeCloseTo(1000, 1);
  expect(second).toBeCloseTo(2000, 1);
  const [cosine] = await evaluate((a, b) => cosineSimilarity(a, b), [array([0, 0]), array([1, 2])]);
  expect(toNumbers(cosine!)).toEqual([0]);
});
