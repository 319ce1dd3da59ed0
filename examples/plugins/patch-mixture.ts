/** A custom system: every patch of an image is processed by one mixture of experts. */
import {
  type ClassificationTask,
  type Classifier,
  defineSystem,
  moeExperts,
  type SettingsOf,
} from "moesaic/models";
import { createMoe, moeSchema, withoutSharedLimit } from "moesaic/moe";
import { layerNorm, linear, patchEmbed, patchGrid } from "moesaic/nn";
import { add, reduceMean, reshape } from "moesaic/ops";
import * as z from "zod";

const schema = z.strictObject({
  system: z.literal("patch-mixture"),
  patch_size: z.int().positive().default(8),
  width: z.int().positive().default(32),
  moe: moeSchema.prefault({ num_experts: 4 }),
});

function createPatchMixture(
  { patchSize, width, moe }: SettingsOf<typeof schema>,
  { numClasses, imageShape }: ClassificationTask,
): Classifier {
  const grid = patchGrid(imageShape[1], imageShape[2], patchSize);
  const numTokens = grid.rows * grid.columns;
  const layer = createMoe(moe, { width, numTokens });
  const { numSelectedExperts, numActiveExperts } = layer;
  return {
    grid,
    numSelectedExperts,
    numActiveExperts,
    logits(scope, images) {
      const patches = patchEmbed(scope.child("patch_embed"), images, { patchSize, width }); // [B*S, D]
      const normed = layerNorm(scope.child("norm"), patches);
      const mixed = add(patches, layer.apply(scope.child("moe"), normed, {})); // [B*S, D]
      const pooled = reduceMean(reshape(mixed, [images.shape[0]!, numTokens, width]), 1); // [B, D]
      return linear(scope.child("head"), pooled, numClasses); // [B, C]
    },
  };
}

export const patchMixture = defineSystem({
  name: "patch-mixture",
  title: "Patch mixture",
  paper: "none",
  description: "One mixture of experts over the patches of an image.",
  schema,
  reads: "image",
  answers: () => "image-classifier",
  alone: (settings) => ({ ...settings, moe: withoutSharedLimit(settings.moe) }),
  experts: moeExperts,
  sizes: ({ moe }) => ({ layers: 1, experts: moe.numExperts }),
  pages: ["mosaic", "experts", "confusion", "playground"],
  learnsDomains: true,
  classifier: createPatchMixture,
});
