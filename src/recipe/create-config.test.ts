import { expect, test } from "vitest";
import { type ConfigSettings, createConfig } from "./create-config.ts";

const normalize = { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] };
const data: Extract<ConfigSettings["data"], { name: "shapes" }> = { name: "shapes", normalize };

test("settings become a complete configuration of a custom model", () => {
  const config = createConfig({
    data: { ...data, trainSize: 100 },
    optimizer: { name: "adamw", rules: [{ parameters: "*", decay: false }] },
    train: { maxSteps: 3 },
  });
  expect(config).toMatchObject({
    recipe: "custom",
    model: { system: "custom" },
    data: { name: "shapes", trainSize: 100, augment: [] },
    optimizer: { learningRate: 1e-3, rules: [{ decay: false, learningRateFactor: 1 }] },
    train: { maxSteps: 3, batchSize: 64 },
    schedule: { kind: "cosine" },
  });
});

test("a built-in model may be named, and errors are clear", () => {
  expect(createConfig({ data, model: { system: "vit-moe" }, train: {} }).model).toMatchObject({
    system: "vit-moe",
    patchSize: expect.any(Number),
  });
  expect(() => createConfig({ data, train: { maxStep: 3 } } as never)).toThrow(
    "unknown key maxStep in settings.train; did you mean maxSteps?",
  );
  expect(() => createConfig({ data: { name: "shapes" } } as never)).toThrow(
    /^settings\.data\.normalize is missing .*; set it$/,
  );
  expect(() => createConfig({ data, train: { maxSteps: -3 } })).toThrow(
    /settings\.train\.maxSteps must be/,
  );
  expect(() => createConfig({ data: { name: "shape" } } as never)).toThrow(
    /settings\.data\.name must be/,
  );
});
