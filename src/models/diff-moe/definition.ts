import { withoutSharedRoom } from "../../moe/dispatch/without-limit.ts";
import { defineSystem } from "../define.ts";
import { createDiffMoe, diffMoeSchema } from "./config.ts";
import { countRoutedExperts } from "./mixture.ts";

export const diffMoeDefinition = defineSystem({
  name: "diff-moe",
  title: "Diff-MoE",
  paper: "github.com/yaolidong/diff-MoE",
  description: "Multimodal classifier with shared and modality-specific experts.",
  schema: diffMoeSchema,
  reads: "image",
  pages: ["mosaic", "experts", "attention", "confusion", "playground"],
  answers: ({ text }) => (text === "captions" ? "contrastive" : "image-classifier"),
  readsText: ({ text }) => text !== "none",
  alone(settings) {
    const routed = countRoutedExperts(settings);
    return { ...settings, dispatch: withoutSharedRoom(settings.dispatch, routed) };
  },
  experts: {
    counts(settings) {
      const { layout, numSelectedExperts, numSharedExperts, textLayers } = settings;
      if (layout === "global") {
        return { kinds: ["general"], counts: [settings.numGeneralExperts], numSelectedExperts };
      }
      return {
        kinds: ["shared", textLayers > 0 ? "modality" : "image"],
        counts: [numSharedExperts, settings.numModalitySpecificExperts],
        numSelectedExperts,
      };
    },
    withCounts(settings, counts) {
      if (settings.layout === "global") return { ...settings, numGeneralExperts: counts[0]! };
      const [numSharedExperts = 0, numModalitySpecificExperts = 0] = counts;
      return { ...settings, numSharedExperts, numModalitySpecificExperts };
    },
    everywhere: () => "model.moe_layers=all",
  },
  classifier: createDiffMoe,
});
