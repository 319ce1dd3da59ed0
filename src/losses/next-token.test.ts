import { expect, test } from "vitest";
import { array, toNumbers } from "../graph/array.ts";
import { evaluate, valueAndGradients } from "../runtime/evaluate.ts";
import { nextTokenLoss } from "./next-token.ts";

// Two sequences of two positions over three tokens; scores are logarithms of probabilities.
const logits = array(
  [
    [0.5, 0.25, 0.25],
    [0.2, 0.3, 0.5],
    [0.1, 0.1, 0.8],
    [0.6, 0.3, 0.1],
  ].map((row) => row.map(Math.log)),
);
const targets = array(
  [
    [1, 2],
    [2, 0],
  ],
  "int64",
);

test("the mean over all tokens", async () => {
  const [loss] = await evaluate((x, t) => nextTokenLoss(x, t), [logits, targets]);
  const expected = -(Math.log(0.25) + Math.log(0.5) + Math.log(0.8) + Math.log(0.6)) / 4;
  expect(toNumbers(loss!)[0]).toBeCloseTo(expected, 5);
});

test("masked positions affect neither the loss nor its gradient", async () => {
  const mask = array(
    [
      [1, 0],
      [1, 0],
    ],
    "bool",
  );
  const { value, gradients } = await valueAndGradients(
    (x, t, m) => nextTokenLoss(x, t, { mask: m }),
    [logits, targets, mask],
    { wrt: [0] },
  );
  expect(toNumbers(value)[0]).toBeCloseTo(-(Math.log(0.25) + Math.log(0.8)) / 2, 5);
  const slope = toNumbers(gradients[0]!);
  expect(slope[1]).toBeCloseTo((0.25 - 1) / 2, 5);
  expect(slope.slice(3, 6)).toEqual([0, 0, 0]);
  expect(slope.slice(9)).toEqual([0, 0, 0]);
});
