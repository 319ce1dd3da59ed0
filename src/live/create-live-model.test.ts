import { describe, expect, test } from "vitest";
import { allocate, type NdArray } from "../graph/array.ts";
import { nativeRuntime } from "../runtime/native/native.ts";
import { createLiveModel } from "./create-live-model.ts";
import type { LiveModelSpec } from "./types.ts";

const runtime = nativeRuntime();
const spec: LiveModelSpec = {
  version: 1,
  kind: "language-model",
  recipe: "tiny",
  step: 0,
  model: {
    system: "moe-decoder",
    width: 8,
    num_layers: 1,
    num_heads: 2,
    context_length: 4,
    moe_layers: "none",
  },
  classNames: [],
  tokenizer: { kind: "character", characters: "ab", specials: [] },
  contextLength: 4,
};
const weights = new Map<string, NdArray>([["head.bias", allocate("float32", [2])]]);

describe("rejected", () => {
  test("settings with more layers or experts than weights, before tracing", async () => {
    const opened = (more: object) =>
      createLiveModel({ ...spec, model: { ...(spec.model as object), ...more } }, weights, {
        runtime,
      });
    await expect(opened({ num_layers: 1000 })).rejects.toThrow(
      "the settings have 1000 layers, but there are only 1 weights; export the model again",
    );
    await expect(opened({ moe_layers: "all", moe: { num_experts: 4000 } })).rejects.toThrow(
      "the settings have 4000 experts, but there are only 1 weights; export the model again",
    );
  });

  test("weights of another model, on first use", async () => {
    const model = await createLiveModel(spec, weights, { runtime });
    await expect(model.generate!({ prompt: "ab" })).rejects.toThrow("the weights lack ");
    model.dispose();
    await expect(model.generate!({ prompt: "ab" })).rejects.toThrow("was disposed of");
  });

  test("CLIP's tokenizer without its vocabulary", async () => {
    const tokenizer = { kind: "clip", file: "x", sha256: "y" } as const;
    await expect(createLiveModel({ ...spec, tokenizer }, weights, { runtime })).rejects.toThrow(
      "CLIP's vocabulary, which is missing",
    );
  });
});
