import { expect, test } from "vitest";
import { array, toNumbers } from "../../graph/array.ts";
import { defined } from "../../graph/defined.ts";
import { checkOperator, randomArray } from "../../ops/check.fixture.ts";
import { softmax } from "../../ops/softmax.ts";
import { valueAndGradients } from "../../runtime/evaluate.ts";
import { globalEntropyLoss, localEntropyLoss } from "./entropy.ts";
import {
  columnMeans,
  entropyOf,
  lossOf,
  maskOf,
  rowsOf,
  scalarOf,
  softmaxOf,
} from "./losses.fixture.ts";

// Three image tokens, then two text tokens; values computed in float64.
const logits = array([
  [2, 1, 0.5, -1],
  [0.1, 0.2, 0.3, 0.4],
  [-1, 3, 0, 0.5],
  [0, 2, 0, 0],
  [0, 1.8, 0.2, -0.3],
]);
const threshold = Math.log(3);

test.each([
  ["image", [1, 1, 1, 0, 0], 0.9687899, -1.2640185, 0],
  ["text", [0, 0, 0, 1, 1], 0.9530225, -0.9555211, 0.1430912],
] as const)("LIMoE's losses of the %s tokens", async (_, kept, local, global, hinge) => {
  const inputs = [logits, maskOf(kept)];
  const found = [
    await lossOf((x, mask) => localEntropyLoss(softmax(x), { mask }), inputs),
    await lossOf((x, mask) => globalEntropyLoss(softmax(x), { mask }), inputs),
    await lossOf((x, mask) => globalEntropyLoss(softmax(x), { mask, threshold }), inputs),
  ];
  for (const [i, expected] of [local, global, hinge].entries()) {
    expect(found[i]).toBeCloseTo(expected, 5);
  }
});

test("certain tokens have zero local entropy; spread over all experts, global entropy is log E", async () => {
  const certain = array([[1, 0], [0, 1]]); // biome-ignore format: a matrix
  expect(await lossOf((p) => localEntropyLoss(p), [certain])).toBeCloseTo(0, 6);
  expect(await lossOf((p) => globalEntropyLoss(p), [certain])).toBeCloseTo(-Math.log(2), 6);
});

test("a modality without tokens has zero loss", async () => {
  const inputs = [logits, maskOf([0, 0, 0, 0, 0])];
  const losses = [
    await lossOf((x, mask) => localEntropyLoss(softmax(x), { mask }), inputs),
    await lossOf((x, mask) => globalEntropyLoss(softmax(x), { mask }), inputs),
    await lossOf((x, mask) => globalEntropyLoss(softmax(x), { mask, threshold }), inputs),
  ];
  expect(losses.map(Math.abs)).toEqual([0, 0, 0]);
});

test("gradients are finite if a probability is zero", async () => {
  const hidden = array([[1, 0.5, -1e9]]);
  const { gradients } = await valueAndGradients((x) => localEntropyLoss(softmax(x)), [hidden]);
  const found = toNumbers(gradients[0]!);
  const [p0, p1] = softmaxOf([1, 0.5]) as [number, number];
  const slope = -p0 * p1 * (Math.log(p0) - Math.log(p1)); // of -p log p over two experts
  expect(found[0]).toBeCloseTo(slope, 5);
  expect(found[1]).toBeCloseTo(-slope, 5);
  expect(Math.abs(found[2]!)).toBe(0);
});

const kept = [1, 0, 1, 1, 0];
const tokens = (x: { shape: readonly number[]; data: ArrayLike<number> }) =>
  rowsOf(x)
    .filter((_, n) => kept[n] === 1)
    .map(softmaxOf);

test("gradients match finite differences", async () => {
  const inputs = [randomArray([5, 4], 11), maskOf(kept)];
  await checkOperator({
    fn: (x, mask) => localEntropyLoss(softmax(x), { mask: mask! }),
    reference: (x) => {
      const entropies = tokens(x!).map(entropyOf);
      return scalarOf(entropies.reduce((sum, h) => sum + h, 0) / entropies.length);
    },
    inputs,
  });
  for (const tau of [undefined, 2]) {
    await checkOperator({
      fn: (x, mask) =>
        globalEntropyLoss(softmax(x), {
          mask: mask!,
          ...defined({ threshold: tau }),
        }),
      reference: (x) => scalarOf((tau ?? 0) - entropyOf(columnMeans(tokens(x!)))),
      inputs,
    });
  }
});

test("the gradient is zero above the threshold", async () => {
  const { gradients } = await valueAndGradients(
    (x) => globalEntropyLoss(softmax(x), { threshold: 0.1 }),
    [randomArray([5, 4], 11)],
  );
  expect(new Set(toNumbers(gradients[0]!).map(Math.abs))).toEqual(new Set([0]));
});
