import { describe, expect, test } from "vitest";
import { fromSnakeCase } from "../config/case.ts";
import { type ModelSettings, modelSchema } from "../models/systems.ts";
import { forOneSample, liveKind } from "./kinds.ts";

function settings(model: object): ModelSettings {
  return fromSnakeCase(modelSchema.parse(model));
}

test.each([
  ["diff-moe", {}, "image-classifier"],
  ["diff-moe", { text: "prompts" }, "image-classifier"],
  ["diff-moe", { text: "captions" }, "contrastive"],
  ["vit-moe", {}, "image-classifier"],
  ["sf-moe", {}, "image-classifier"],
  ["sparsely-gated", {}, "image-classifier"],
  ["limoe", {}, "contrastive"],
  ["seemoe", {}, "captioner"],
  ["moe-decoder", {}, "language-model"],
  ["text-classifier", {}, "text-classifier"],
  ["classic-mixture", {}, undefined],
] as const)("%s %o is of kind %s", (system, more, kind) => {
  expect(liveKind(settings({ system, ...more }))).toBe(kind);
});

describe("the expert capacity limit", () => {
  const dispatchOf = (model: object): unknown => {
    const one = forOneSample(settings(model));
    return "dispatch" in one ? one.dispatch : "moe" in one ? one.moe.dispatch : undefined;
  };
  const capacity = { name: "capacity", capacity_factor: 1.5 };

  test.each(["vit-moe", "sf-moe", "sparsely-gated", "text-classifier"])(
    "of %s is lifted if a batch shares it",
    (system) => {
      const router = { name: "softmax_top_k" };
      const moe = { num_experts: 4, router, dispatch: capacity, losses: [] };
      expect(dispatchOf({ system, moe })).toEqual({ name: "dropless" });
    },
  );

  test("of Diff-MoE counts its experts", () => {
    const normalised = { ...capacity, normalization: "after" };
    const layout = { num_shared_experts: 3, num_modality_specific_experts: 2 };
    const one = dispatchOf({ system: "diff-moe", ...layout, dispatch: normalised });
    expect(one).toMatchObject({ normalization: "after", evaluationCapacityFactor: 5, formula: {} });
    const general = { layout: "global", num_general_experts: 7 };
    expect(dispatchOf({ system: "diff-moe", ...general, dispatch: normalised })).toMatchObject({
      evaluationCapacityFactor: 7,
    });
    expect(dispatchOf({ system: "diff-moe", dispatch: capacity })).toEqual({ name: "dropless" });
  });

  test("is kept for limits per sequence and for expert choice", () => {
    const moe = { num_experts: 4, dispatch: { ...capacity, group: "sequence" } };
    expect(dispatchOf({ system: "vit-moe", moe })).toMatchObject({
      name: "capacity",
      capacityFactor: 1.5,
      group: "sequence",
    });
    const choice = { num_experts: 4, router: { name: "expert_choice" } };
    expect(dispatchOf({ system: "vit-moe", moe: choice })).toMatchObject({ name: "expert_choice" });
  });
});
