import { expect, test } from "vitest";
import { fromSnakeCase } from "../../config/case.ts";
import { type ModelSettings, modelSchema } from "../../models/systems.ts";
import { expertCounts, requireDenseForm, withExpertCounts } from "./expert-settings.ts";

const settings = (value: object): ModelSettings => fromSnakeCase(modelSchema.parse(value));
const vit = (moe: object): ModelSettings => settings({ system: "vit-moe", moe });

test("Diff-MoE has shared experts and image experts", () => {
  const model = settings({ system: "diff-moe", num_shared_experts: 3 });
  expect(expertCounts(model)).toEqual({
    kinds: ["shared", "image"],
    counts: [3, 2],
    numSelectedExperts: 2,
  });
  expect(withExpertCounts(model, [5, 1])).toEqual({
    ...model,
    numSharedExperts: 5,
    numModalitySpecificExperts: 1,
  });
  expect(() => requireDenseForm(model)).toThrow("diff-moe has no dense form");
});

test("experts under model.moe: the remaining number, at least K if K is fixed", () => {
  const model = vit({ num_experts: 6 });
  expect(expertCounts(model)).toEqual({ kinds: ["routed"], counts: [6], numSelectedExperts: 2 });
  const fewer = withExpertCounts(model, [5]);
  expect(expertCounts(fewer).counts).toEqual([5]);
  for (const name of ["dense", "soft", "expert_choice"]) {
    expect(expertCounts(vit({ router: { name } })).numSelectedExperts, name).toBe(1);
  }
  expect(expertCounts(vit({ router: { name: "switch" } })).numSelectedExperts).toBe(1);
  expect(requireDenseForm(model).layerAt("blocks.3.moe")).toBe("blocks.3.mlp");
});

test("settings for experts in every block", () => {
  const model = vit({});
  expect(requireDenseForm(model).expertsEverywhere(model)).toBe("model.moe_layers=all");
  const sfMoe = settings({ system: "sf-moe", num_layers: 3, blocks: "FFF" });
  expect(requireDenseForm(sfMoe).expertsEverywhere(sfMoe)).toBe("model.blocks=SSS");
  expect(requireDenseForm(sfMoe).layerAt("blocks.2.moe")).toBe("blocks.2.mlp");
});

test("fine-grained experts change in whole multiples", () => {
  const model = vit({ num_experts: 4, experts: { granularity: 2 } });
  expect(expertCounts(model)).toMatchObject({ counts: [8], numSelectedExperts: 4 });
  expect(expertCounts(withExpertCounts(model, [6])).counts).toEqual([6]);
  expect(() => withExpertCounts(model, [7])).toThrow(
    "must be a multiple of experts.granularity (2), got 7; change 2 at a time",
  );
});

test("experts without a setting, and layers without a dense form, are refused", () => {
  expect(() => expertCounts(settings({ system: "classic-mixture" }))).toThrow(
    "experts of model.system classic-mixture cannot be changed",
  );
  const model = settings({ system: "sparsely-gated" });
  expect(() => requireDenseForm(model)).toThrow("sparsely-gated has no dense form");
});
