import { expect, test } from "vitest";
import { array, toNumbers } from "../graph/array.ts";
import { evaluate } from "../runtime/evaluate.ts";
import { tokenView } from "./token-view.ts";

const partsOf = ({ ids, combineWeights, probabilities }: ReturnType<typeof tokenView>) => [
  ids,
  combineWeights,
  probabilities,
];

test("experts that selected tokens, as the choices of tokens", async () => {
  // Expert 0 selected tokens 2 and 0, expert 1 tokens 2 and 1.
  const [ids, weights] = await evaluate(
    (tokenIds, combineWeights, probabilities) =>
      partsOf(
        tokenView({
          numExperts: 2,
          capacity: 2,
          tokenIds: tokenIds!,
          combineWeights: combineWeights!,
          probabilities: probabilities!,
          logits: probabilities!,
        }),
      ),
    [
      array(
        [
          [2, 0],
          [2, 1],
        ],
        "int64",
      ),
      array([
        [0.25, 0.125],
        [0.75, 0.5],
      ]),
      array([
        [0.125, 0.875],
        [0.5, 0.5],
        [0.25, 0.75],
      ]),
    ],
  );
  expect(toNumbers(ids!)).toEqual([0, 1, 1, /* second choices */ 2, 2, 0]);
  expect(toNumbers(weights!)).toEqual([0.125, 0.5, 0.75, 0, 0, 0.25]);
});

test("the slots of an expert are summed", async () => {
  // One group of two tokens, two experts of two slots.
  const [ids, weights, probabilities] = await evaluate(
    (dispatch, combine) =>
      partsOf(
        tokenView({
          numExperts: 2,
          numSlots: 2,
          dispatchWeights: dispatch!,
          combineWeights: combine!,
          logits: combine!,
        }),
      ),
    [
      array([[[0.5, 0.5, 0.5, 0.5], [0.5, 0.5, 0.5, 0.5]]]), // biome-ignore format: one group
      array([[[0.125, 0.25, 0.5, 0.125], [0.5, 0.25, 0.125, 0.125]]]), // biome-ignore format: one group
    ],
  );
  expect(toNumbers(probabilities!)).toEqual([0.375, 0.625, 0.75, 0.25]);
  expect(toNumbers(ids!)).toEqual([1, 0, 0, 1]);
  expect(toNumbers(weights!)).toEqual([0.625, 0.75, 0.375, 0.25]);
});
