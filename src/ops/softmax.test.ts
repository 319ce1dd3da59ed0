import { expect, test } from "vitest";
import { array, toNumbers } from "../graph/array.ts";
import { batch } from "../graph/shape.ts";
import { evaluate } from "../runtime/evaluate.ts";
import { alongAxis, checkOperator, property, randomArray, randomCases } from "./check.fixture.ts";
import { logSoftmax, softmax } from "./softmax.ts";

const normalized = (line: readonly number[]): number[] => {
  const total = line.reduce((sum, x) => sum + Math.exp(x), 0);
  return line.map((x) => Math.exp(x) / total);
};

test("softmax and its logarithm along any axis", async () => {
  await property(randomCases(1, 4), ({ shape, seed }) => {
    const axis = (seed % (2 * shape.length)) - shape.length;
    return {
      fn: (x) => [softmax(x, axis), logSoftmax(x, axis)],
      reference: (x) => [
        alongAxis(x!, axis, normalized),
        alongAxis(x!, axis, (line) => normalized(line).map(Math.log)),
      ],
      inputs: [randomArray(shape, seed)],
    };
  });
});

test("a symbolic batch size", async () => {
  await checkOperator({
    fn: (x) => softmax(x),
    reference: (x) => alongAxis(x!, -1, normalized),
    inputs: [randomArray([2, 3], 1)],
    shapes: [[batch(), 3]],
    again: [[randomArray([4, 3], 2)], [randomArray([0, 3], 2)]],
  });
});

test("the probabilities of golden logits", async () => {
  const [y] = await evaluate(
    (x) => softmax(x),
    [
      array([
        [2, 1, 0.5, -1],
        [0.1, 0.2, 0.3, 0.4],
      ]),
    ],
  );
  expect(toNumbers(y!)[0]).toBeCloseTo(0.60946, 5);
  expect(toNumbers(y!)[7]).toBeCloseTo(0.2886514, 6);
});

test("large scores do not overflow, and masked entries get 0", async () => {
  const [y] = await evaluate((x) => softmax(x), [array([1000, 1000, -Infinity])]);
  expect(toNumbers(y!)).toEqual([0.5, 0.5, 0]);
});

test("an axis outside the rank is refused", async () => {
  await expect(evaluate((x) => softmax(x, 1), [array([1])])).rejects.toThrow(/axis 1 is outside/);
});
