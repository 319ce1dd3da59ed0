import { expect, test } from "vitest";
import { confusionSampler } from "./confusion-sampler.ts";

const samples = [
  { label: 0, predicted: 0, index: 0 },
  { label: 0, predicted: 0, index: 1 },
  { label: 0, predicted: 0, index: 2 },
  { label: 0, predicted: 0, index: 3 },
  { label: 1, predicted: 0, index: 4 },
  { label: 1, predicted: 0, index: 5 },
  { label: 0, predicted: 1, index: 6 },
];

function chosen(options?: Parameters<typeof confusionSampler>[0]): number[] {
  const sampler = confusionSampler(options);
  for (const sample of samples) sampler.add(sample);
  return sampler.samples().map(({ index }) => index);
}

test("every cell gets a first sample before any gets a second", () => {
  expect(chosen()).toEqual([0, 4, 6, 1, 5, 2]);
  expect(chosen({ limit: 4 })).toEqual([0, 4, 6, 1]);
  expect(chosen({ perCell: 1 })).toEqual([0, 4, 6]);
});
