import { expect, test } from "vitest";
import { array, toNumbers } from "../graph/array.ts";
import { alongAxis, at, checkOperator, randomArray, values } from "../ops/check.fixture.ts";
import { evaluate } from "../runtime/evaluate.ts";
import { mixtureLikelihood } from "./mixture-likelihood.ts";

const ln = Math.log;

test("hand-computed: two experts, two classes", async () => {
  // Gates 3/4 and 1/4 if logits differ by ln 3, otherwise halves; experts likewise.
  const gates = array([
    [ln(3), 0],
    [0, 0],
  ]);
  const one = array([
    [ln(3), 0], // 3/4, 1/4
    [0, ln(4)], // 1/5, 4/5
  ]);
  const two = array([
    [0, 0], // 1/2, 1/2
    [ln(9), 0], // 9/10, 1/10
  ]);
  const labels = array([0, 1], "int64");
  const [rows, mean] = await evaluate(
    (g, a, b, y) => [
      mixtureLikelihood(g, [a, b], y, { reduction: "none" }),
      mixtureLikelihood(g, [a, b], y),
    ],
    [gates, one, two, labels],
  );
  // 3/4 * 3/4 + 1/4 * 1/2 = 11/16; 1/2 * 4/5 + 1/2 * 1/10 = 9/20.
  const expected = [-ln(11 / 16), -ln(9 / 20)];
  expect(toNumbers(rows!)[0]).toBeCloseTo(expected[0]!, 6);
  expect(toNumbers(rows!)[1]).toBeCloseTo(expected[1]!, 6);
  expect(toNumbers(mean!)[0]).toBeCloseTo((expected[0]! + expected[1]!) / 2, 6);
});

test("gradients, and values whose probabilities would underflow", async () => {
  const softmax = (row: readonly number[]): readonly number[] => {
    const powers = row.map((x) => Math.exp(x - Math.max(...row)));
    const total = powers.reduce((sum, x) => sum + x, 0);
    return powers.map((x) => x / total);
  };
  await checkOperator({
    fn: (gates, a, b, c, labels) =>
      mixtureLikelihood(gates!, [a!, b!, c!], labels!, { reduction: "none" }),
    inputs: [
      randomArray([5, 3], 1),
      ...[2, 3, 4].map((seed) => randomArray([5, 4], seed)),
      array([0, 3, 1, 2, 2], "int64"),
    ],
    reference: (gates, a, b, c, labels) => {
      const g = alongAxis(gates!, 1, softmax);
      const experts = [a!, b!, c!].map((logits) => alongAxis(logits, 1, softmax));
      return values([5], ([n]) => {
        const label = labels!.data[n!]!;
        return -ln(experts.reduce((sum, p, e) => sum + at(g, [n!, e]) * at(p, [n!, label]), 0));
      });
    },
  });
  const far = array([[200, 0]]);
  const [loss] = await evaluate(
    (g, a, y) => mixtureLikelihood(g, [a, a], y),
    [array([[0, 0]]), far, array([1], "int64")],
  );
  expect(toNumbers(loss!)).toEqual([200]);
});

test("the numbers of gates and experts must agree", async () => {
  await expect(
    evaluate(
      (g, a, y) => mixtureLikelihood(g, [a], y),
      [array([[0, 0]]), array([[0, 0]]), array([1], "int64")],
    ),
  ).rejects.toThrow("2 gates and 1 experts; their numbers must agree");
});
