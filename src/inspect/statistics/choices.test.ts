import { expect, test } from "vitest";
import { choiceRecorder, compareChoices } from "./choices.ts";

const batch = (ids: number[][], numExperts: number, mask?: number[]) => ({
  ids: { shape: [ids.length, ids[0]!.length], data: ids.flat() },
  probabilities: { shape: [ids[0]!.length, numExperts], data: [] },
  ...(mask && { mask: { shape: [mask.length], data: mask } }),
});

test("choices are concatenated over batches, without padding", () => {
  const recorder = choiceRecorder();
  recorder.add("moe", batch([[0, 1, 2], [1, 3, 0]], 3, [1, 1, 0])); // biome-ignore format: a matrix
  recorder.add("moe", batch([[2], [3]], 3)); // 3 means none
  expect(recorder.layers()).toEqual([
    {
      layer: "moe",
      numExperts: 3,
      tokens: 3,
      ids: [
        [0, 1, 2],
        [1, -1, -1],
      ],
    },
  ]);
});

test("models with different numbers of experts and choices are compared, by hand", () => {
  const [first, second] = [choiceRecorder(), choiceRecorder()];
  first.add("a", batch([[0, 1, 0, 1]], 2));
  first.add("only here", batch([[0]], 2));
  second.add("a", batch([[2, 0, 2, 1], [0, 1, 3, 3]], 3)); // biome-ignore format: a matrix
  const compared = compareChoices(first.layers(), second.layers());
  expect(compared.map(({ layer, tokens }) => [layer, tokens])).toEqual([["a", 4]]);
  const { own, matched } = compared[0]!;
  expect(own.firstChoice).toBe(1 / 4); // the last token
  expect(own.overlap).toBe((1 / 2 + 1 / 2 + 0 + 1) / 4);
  // 0 matches 2 twice, 1 matches 1 twice.
  expect(matched.permutation).toEqual([2, 1]);
  expect(own.permutation).toEqual([0, 1]);
  // In the other direction expert 0 of the first, with one token, is left without a partner.
  const reversed = compareChoices(second.layers(), first.layers())[0]!;
  expect(reversed.matched.permutation).toEqual([-1, 1, 0]);
  expect(reversed.own.permutation).toEqual([0, 1, -1]);
  expect(matched.firstChoice).toBe(3 / 4);
  expect(matched.overlap).toBe((1 / 2 + 1 / 2 + 1 + 1) / 4);
});

test("a layer with a different number of tokens is rejected", () => {
  const [first, second] = [choiceRecorder(), choiceRecorder()];
  first.add("a", batch([[0, 1]], 2));
  second.add("a", batch([[0]], 2));
  expect(() => compareChoices(first.layers(), second.layers())).toThrow(
    "a routes 2 tokens in the first model and 1 in the second",
  );
});
