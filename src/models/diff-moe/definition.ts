import { withoutSharedRoom } from "../../moe/dispatch/without-limit.ts";
import { defineSystem } from "../define.ts";
import { createDiffMoe, diffMoeSchema } from "./config.ts";
import { diffMoeExperts } from "./experts.ts";
import { countRoutedExperts } from "./mixture.ts";

const texts = { none: "none", prompts: "classes", captions: "samples" } as const;

export const diffMoeDefinition = defineSystem({
  name: "diff-moe",
  title: "Diff-MoE",
  paper: "github.com/yaolidong/diff-MoE",
  description:
    "A vision transformer with shared and modality-specific experts and optional attention to a text.",
  schema: diffMoeSchema,
  reads: "image",
  texts: ({ text }) => texts[text],
  answers: ({ text }) => (text === "captions" ? "contrastive" : "image-classifier"),
  alone: (settings) => ({
    ...settings,
    dispatch: withoutSharedRoom(settings.dispatch, countRoutedExperts(settings)),
  }),
  experts: diffMoeExperts,
  sizes: (settings) => ({
    layers: Math.max(settings.numLayers, settings.textLayers),
    experts: countRoutedExperts(settings),
  }),
  pages: ["mosaic", "experts", "attention", "confusion", "playground"],
  classifier: createDiffMoe,
});
