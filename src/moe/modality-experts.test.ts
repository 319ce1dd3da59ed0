import { expect, test } from "vitest";
import { toNumbers } from "../graph/array.ts";
import { normalArray, runScoped } from "../nn/scope.fixture.ts";
import { availableExperts, countExperts } from "./modality-experts.ts";
import { attentiveRouter } from "./routers/attentive.ts";

const layout = {
  numSharedExperts: 2,
  numModalitySpecificExperts: 3,
  modalities: ["image", "text"],
};

test("shared experts are available to every modality, specific ones only to their own", () => {
  expect(countExperts(layout)).toBe(8);
  expect(availableExperts(layout, "image").map(Number)).toEqual([1, 1, 1, 1, 1, 0, 0, 0]);
  expect(availableExperts(layout, "text").map(Number)).toEqual([1, 1, 0, 0, 0, 1, 1, 1]);
  expect(() => availableExperts(layout, "sound")).toThrow(/known modalities are image, text/);
});

test("a router never sends tokens to experts of another modality", async () => {
  const numExperts = countExperts(layout);
  for (const modality of layout.modalities) {
    const available = availableExperts(layout, modality);
    const { outputs, gradients } = await runScoped(
      (scope, { x }) => {
        const options = { numExperts, numSelectedExperts: 3, available };
        const { ids, combineWeights, probabilities } = attentiveRouter(scope, x!, options);
        return { ids, combineWeights, probabilities };
      },
      { inputs: { x: normalArray("x", [20, 8]) }, differentiate: ["combineWeights"] },
    );
    expect(new Set(toNumbers(outputs.ids!).map((e) => available[e]))).toEqual(new Set([true]));
    const hidden = toNumbers(outputs.probabilities!).filter((_, i) => !available[i % numExperts]);
    expect(hidden.every((p) => p === 0)).toBe(true);
    const biasGradient = toNumbers(gradients.combineWeights!.bias!);
    expect(biasGradient.map((g) => g !== 0)).toEqual(available);
  }
});
