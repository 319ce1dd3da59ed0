import { expect, test } from "vitest";
import * as z from "zod";
import { array, type NdArray } from "../graph/array.ts";
import { defineSystem } from "../models/define.ts";
import { systems } from "../models/systems.ts";
import { linear } from "../nn/linear.ts";
import { reshape } from "../ops/reshape.ts";
import { nativeRuntime } from "../runtime/native/native.ts";
import type { LiveMaker } from "./abilities.ts";
import { createLiveModel } from "./create-live-model.ts";
import { hasLiveModels } from "./kinds.ts";
import type { LiveModelSpec } from "./types.ts";

const facts = {
  title: "Brightness",
  paper: "-",
  description: "One number per image.",
  reads: "image",
  answers: () => "image-classifier" as const,
  sizes: () => ({ layers: 1, experts: 0 }),
  pages: [],
} as const;

const spec = (system: string): LiveModelSpec => ({
  version: 1,
  kind: "image-classifier",
  recipe: "tiny",
  step: 0,
  model: { system },
  imageShape: [1, 1, 1],
  normalize: { mean: [0], std: [1] },
  classNames: ["dark", "bright"],
});
const image = { width: 1, height: 1, channels: 1, data: Uint8Array.of(255) };
const weights = new Map<string, NdArray>([["weight", array([[0], [Math.log(3)]])]]);
const opening = { runtime: nativeRuntime() };

test("a plug-in classifier supports images without its own maker", async () => {
  systems.add(
    defineSystem({
      ...facts,
      name: "brightness",
      schema: z.strictObject({ system: z.literal("brightness") }),
      classifier: (_, { numClasses }) => ({
        logits: (scope, images) =>
          linear(scope, reshape(images, [images.shape[0]!, -1]), numClasses, { bias: false }),
        grid: { rows: 1, columns: 1 },
        numSelectedExperts: 0,
        numActiveExperts: 0,
      }),
    }),
  );
  const model = await createLiveModel(spec("brightness"), weights, opening);
  try {
    const { probabilities } = await model.classifyImage!(image);
    expect(probabilities[1]).toBeCloseTo(0.75, 5);
  } finally {
    model.dispose();
  }
});

test("a plug-in's maker creates the abilities", async () => {
  const live: LiveMaker<{ readonly system: "constant" }> = () => ({
    classifyImage: async () => ({
      probabilities: [1, 0],
      routing: { rows: 1, cols: 1, layers: [] },
    }),
    dispose: () => {},
  });
  const schema = z.strictObject({ system: z.literal("constant") });
  expect(hasLiveModels("constant")).toBe(false);
  systems.add(defineSystem({ ...facts, name: "constant", schema, live }));
  expect(hasLiveModels("constant")).toBe(true);
  const model = await createLiveModel(spec("constant"), weights, opening);
  expect((await model.classifyImage!(image)).probabilities).toEqual([1, 0]);
  expect(model.classifyText).toBeUndefined();
});
