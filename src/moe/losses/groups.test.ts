import { expect, test } from "vitest";
import { array, type NdArray, toNumbers } from "../../graph/array.ts";
import type { Tensor } from "../../graph/graph.ts";
import { transpose } from "../../ops/reshape.ts";
import { softmax } from "../../ops/softmax.ts";
import { topK } from "../../ops/top-k.ts";
import { evaluate, valueAndGradients } from "../../runtime/evaluate.ts";
import { parseMoe } from "../config.ts";
import { createMoe } from "../create-moe.ts";
import type { Routing } from "../routing.ts";
import { auxiliaryLoss, auxiliaryLosses } from "./index.ts";
import { lossOf, maskOf } from "./losses.fixture.ts";

const names = auxiliaryLosses
  .list()
  .filter(({ name, schema }) => "groups" in (schema.parse({ name }) as object))
  .map(({ name }) => name);
const sequences = [
  [
    [2, 1, 0.5, -1],
    [0.1, 0.7, 0.3, 0.4],
    [-1, 0.2, 2, 0],
  ],
  [
    [0.3, -0.6, 0.1, 1.2],
    [1.5, 1.1, -0.2, 0.9],
    [0, 0.4, 0.2, 0.1],
  ],
];

/** Two experts a token by noisy logits. */
function routingOf(clean: Tensor): Routing {
  const { values, indices } = topK(softmax(clean), 2);
  return {
    numExperts: 4,
    numSelectedExperts: 2,
    ids: transpose(indices),
    combineWeights: transpose(values),
    probabilities: softmax(clean),
    logits: clean,
    noisyLogits: clean,
    noiseStd: 0.5,
  };
}

/** Value and gradient of a loss of the kept rows. */
async function lossAndGradient(
  name: string,
  options: object,
  rows: NdArray,
  kept?: NdArray,
): Promise<number[]> {
  const { value, gradients } = await valueAndGradients(
    (x, mask) => auxiliaryLoss(name, routingOf(x), { ...options, ...(mask && { mask }) })!,
    kept === undefined ? [rows] : [rows, kept],
    { wrt: [0] },
  );
  return [...toNumbers(value), ...toNumbers(gradients[0]!)];
}

test("losses that are no means over tokens have groups", () => {
  expect(names).toEqual([
    "balance",
    "hugging_face_balance",
    "importance",
    "load",
    "load_excluding_self",
    "mean_square_balance",
    "kl_to_uniform",
    "kl_from_uniform",
    "global_entropy",
  ]);
});

test.each(names)("%s of sequences is the mean of their losses", async (name) => {
  const bySequence = { groups: "sequence", numTokens: 3 };
  const whole = await lossAndGradient(name, bySequence, array(sequences.flat()));
  const each = await Promise.all(sequences.map((rows) => lossAndGradient(name, {}, array(rows))));
  const expected = [
    (each[0]![0]! + each[1]![0]!) / 2,
    ...each.flatMap(([, ...gradient]) => gradient.map((x) => x / 2)),
  ];
  for (const [i, x] of whole.entries()) expect(x).toBeCloseTo(expected[i]!, 5);
  const batch = await lossAndGradient(name, { groups: "batch" }, array(sequences.flat()));
  expect(Math.abs(batch[0]! - whole[0]!)).toBeGreaterThan(1e-3);
});

test.each(names)("%s of sequences leaves out padding and empty sequences", async (name) => {
  const options = { groups: "sequence", numTokens: 3 };
  const padded = [...sequences.flat(), [9, 0, 0, 0], [9, 0, 0, 0], [9, 0, 0, 0]];
  const masked = await lossAndGradient(
    name,
    options,
    array(padded),
    maskOf([1, 1, 0, 1, 1, 0, 0, 0, 0]),
  );
  const kept = sequences.flatMap((rows) => rows.slice(0, 2));
  const bare = await lossAndGradient(name, { ...options, numTokens: 2 }, array(kept));
  const [value, ...gradient] = masked;
  expect(value).toBeCloseTo(bare[0]!, 5);
  const rows = Array.from({ length: 9 }, (_, n) => gradient.slice(4 * n, 4 * n + 4));
  for (const [i, x] of [0, 1, 3, 4].flatMap((n) => rows[n]!).entries()) {
    expect(x).toBeCloseTo(bare[i + 1]!, 5);
  }
  expect([2, 5, 6, 7, 8].flatMap((n) => rows[n]!).every((x) => x === 0)).toBe(true);
});

test("balance of noisy logits, as in V-MoE", async () => {
  const noisy = sequences[1]!;
  const run = (setting: boolean) =>
    lossOf(
      (x, y) => auxiliaryLoss("balance", { ...routingOf(y), noisyLogits: x }, { noisy: setting })!,
      [array(noisy), array(sequences[0]!)],
    );
  const clean = await lossOf(
    (y) => auxiliaryLoss("balance", routingOf(y), {})!,
    [array(sequences[0]!)],
  );
  expect(await run(false)).toBeCloseTo(clean, 6);
  const [chosen] = await evaluate((y) => routingOf(y).ids, [array(sequences[0]!)]);
  const first = toNumbers(chosen!).slice(0, 3);
  const probabilities = await evaluate((x) => softmax(x), [array(noisy)]);
  const rows = toNumbers(probabilities[0]!);
  const mean = (e: number) => (rows[e]! + rows[4 + e]! + rows[8 + e]!) / 3;
  const share = (e: number) => first.filter((id) => id === e).length / 3;
  const expected = 4 * [0, 1, 2, 3].reduce((sum, e) => sum + share(e) * mean(e), 0);
  expect(await run(true)).toBeCloseTo(expected, 6);
});

test("groups that are sequences need sequences of a known length", async () => {
  const settings = parseMoe({ losses: [{ name: "importance", groups: "sequence" }] });
  expect(() => createMoe(settings, { width: 8 })).toThrow(
    /and the losses need sequences of a known length, which this model does not have/,
  );
  await expect(
    lossOf(
      (x) => auxiliaryLoss("importance", routingOf(x), { groups: "sequence" })!,
      [array(sequences[0]!)],
    ),
  ).rejects.toThrow(/groups sequence needs num_tokens/);
});
