/** Padding makes no room: the same tokens have the same results, however long their rows are. */
import { expect, test } from "vitest";
import { array, type NdArray, toNumbers } from "../graph/array.ts";
import { normalArray } from "../nn/scope.fixture.ts";
import { parseMoe } from "./config.ts";
import { createMoe } from "./create-moe.ts";
import { run } from "./run.fixture.ts";

const [width, lengths] = [6, [5, 3, 8]];
const words = lengths.map((length, i) => toNumbers(normalArray(`words ${i}`, [length, width])));

/** The results of the words, in rows that are padded to `numTokens`. */
async function results(settings: object, numTokens: number): Promise<number[]> {
  const moe = parseMoe({ num_experts: 4, experts: { mlp_ratio: 1 }, ...settings });
  const padded = words.flatMap((row) => [
    ...row,
    ...Array(numTokens * width - row.length).fill(0.7),
  ]);
  const isWord = lengths.flatMap((length) =>
    Array.from({ length: numTokens }, (_, i) => i < length),
  );
  const x = { ...array(padded), shape: [lengths.length * numTokens, width] } as NdArray;
  const mask = array(isWord, "bool");
  const { y } = await run(
    (scope, inputs) => ({
      y: createMoe(moe, { width, numTokens }).apply(scope, inputs.x!, { mask: inputs.mask }),
    }),
    { inputs: { x, mask } },
  );
  return toNumbers(y!).filter((_, i) => isWord[Math.floor(i / width)]);
}

test.each([
  ["expert choice by sequence", { name: "expert_choice", group: "sequence", capacity_factor: 1 }],
  ["expert choice by batch", { name: "expert_choice", group: "batch", capacity_factor: 1 }],
  ["a capacity by sequence", { name: "capacity", group: "sequence", capacity_factor: 1 }],
  ["a capacity by batch", { name: "capacity", group: "batch", capacity_factor: 1 }],
])("%s: rows of 8, 10 and 16 places give the same", async (_, dispatch) => {
  const isChoice = dispatch.name === "expert_choice";
  const router = isChoice
    ? { name: "expert_choice" }
    : { name: "softmax_top_k", num_selected_experts: 1, normalization: "none" };
  const shortest = await results({ router, dispatch }, 8);
  expect(shortest.length).toBe(lengths.reduce((sum, length) => sum + length, 0) * width);
  // The room binds: a larger one gives other results.
  expect(await results({ router, dispatch: { ...dispatch, capacity_factor: 2 } }, 8)).not.toEqual(
    shortest,
  );
  for (const numTokens of [10, 16]) {
    const found = await results({ router, dispatch }, numTokens);
    for (const [i, value] of shortest.entries()) expect(found[i]).toBeCloseTo(value, 5);
  }
});
