import * as z from "zod";
import type { CamelCased } from "../../config/case.ts";
import { usageError } from "../../graph/errors.ts";
import { activationSchema } from "../../moe/activations.ts";
import { tokenDispatchSchema } from "../../moe/dispatch/config.ts";
import { attentiveForm } from "../../moe/routers/attentive.ts";
import { requireSelectable } from "../../moe/routing.ts";
import { patchGrid } from "../../nn/patch-embed.ts";
import type { ClassificationTask, Classifier } from "../classifier.ts";
import { requireHeads } from "../heads.ts";
import { blockSettings, initStd, patchSettings } from "../settings.ts";
import { type DiffMoeConfig, diffMoe } from "./diff-moe.ts";
import type { DiffMoeMatchingConfig } from "./matching.ts";
import { countRoutedExperts } from "./mixture.ts";

const weight = z.number().nonnegative();

/** Settings of Diff-MoE. Defaults: the original's Fashion-MNIST configuration. */
export const diffMoeSchema = z.strictObject({
  system: z.literal("diff-moe").describe("Name of the system."),
  ...patchSettings(4),
  ...blockSettings(384, 4, 6),
  layout: z
    .enum(["shared", "global"])
    .default("shared")
    .describe(
      "`shared`: one router over shared and modality-specific experts; `global`: a global and a modality expert for every token, and a router over general experts.",
    ),
  num_shared_experts: z
    .int()
    .nonnegative()
    .default(4)
    .describe("Experts that patches and words share."),
  num_modality_specific_experts: z
    .int()
    .nonnegative()
    .default(2)
    .describe("Experts of each modality."),
  num_general_experts: z
    .int()
    .positive()
    .default(8)
    .describe("Number of routed experts in the layout `global`."),
  num_selected_experts: z.int().positive().default(2).describe("Experts per token."),
  mlp_ratio: z
    .number()
    .positive()
    .default(4)
    .describe("Hidden width of the experts divided by the model width."),
  activation: activationSchema.default("gelu").describe("Activation function."),
  dropout: z
    .number()
    .min(0)
    .lt(1)
    .default(0.1)
    .describe("Dropout on the outputs of attention, fusion and experts."),
  layer_norm_epsilon: z
    .number()
    .positive()
    .default(1e-5)
    .describe("Number added to the variance in layer norms."),
  init_std: initStd,
  router: z.strictObject(attentiveForm).prefault({}).describe("Form of the router."),
  dispatch: tokenDispatchSchema
    .prefault({ name: "dropless" })
    .describe(
      "How tokens reach the experts; no capacity limit by default, because limits in some commits of the original have no effect.",
    ),
  mean_square_loss_weight: weight
    .default(0.001)
    .describe("Factor of the mean square loss of the routing."),
  kl_loss_weight: weight
    .default(0.01)
    .describe("Factor of the divergence of the routing from the even one."),
  text: z
    .enum(["none", "prompts", "captions"])
    .default("none")
    .describe("Text input besides images: none, a description of every class, or captions."),
  prompt_detail: z
    .enum(["simple", "normal", "detailed"])
    .default("normal")
    .describe("Level of detail of class descriptions."),
  text_embed_dim: z.int().positive().default(128).describe("Width of the token embedding table."),
  context_length: z
    .int()
    .positive()
    .max(65_536)
    .default(77)
    .describe("Maximum number of tokens of a text, including start and end tokens."),
  text_layers: z
    .int()
    .nonnegative()
    .default(0)
    .describe("Number of text-only blocks, before image tokens attend to the text."),
  fusion: z.boolean().default(true).describe("Whether patches attend to the text."),
  contrastive: z
    .strictObject({
      form: z
        .enum(["info_nce", "siglip"])
        .default("info_nce")
        .describe(
          "Loss of pairs: InfoNCE, a softmax over the batch, or SigLIP, a sigmoid of each pair.",
        ),
      temperature: z.number().positive().default(0.07).describe("Divisor of the similarities."),
      learned_temperature: z
        .boolean()
        .default(false)
        .describe("Whether the temperature is learned."),
      embed_dim: z
        .int()
        .positive()
        .optional()
        .describe("Width of the shared embedding space. Default: the model width."),
    })
    .prefault({})
    .describe("Contrastive loss of images and texts."),
  loss_weights: z
    .strictObject({
      class: weight.default(1).describe("Weight of the class loss."),
      match: weight.default(1).describe("Weight of the loss of matching images and captions."),
      contrastive: weight.default(0.1).describe("Contrastive loss of images and texts."),
      alignment: weight.default(0.1).describe("Weight of the alignment loss."),
    })
    .prefault({})
    .describe(
      "Weights in the sum of losses of a model with text; `match` requires captions and fusion.",
    ),
});

export type DiffMoeSettings = CamelCased<z.output<typeof diffMoeSchema>>;

/**
 * The configuration of the model for a number of classes.
 *
 * @throws UserError (exit code 2) if sizes are inconsistent
 * @example
 * const { model } = loadConfig("diff-moe-shapes", trainConfigSchema);
 * diffMoeConfig(model, 8).numClasses; // 8
 */
export function diffMoeConfig(settings: DiffMoeSettings, numClasses: number): DiffMoeConfig {
  const { width, mlpRatio, numSelectedExperts } = settings;
  requireHeads(settings);
  if (Math.round(mlpRatio * width) < 1) {
    throw usageError(
      `model.mlp_ratio ${mlpRatio} of model.width ${width} gives experts no hidden unit; raise it`,
    );
  }
  requireSelectable(numSelectedExperts, countRoutedExperts(settings));
  return { ...settings, numClasses };
}

/**
 * Builds the image classifier of the settings, without texts.
 *
 * @throws UserError (exit code 2) if sizes are inconsistent
 * @example
 * const { model } = loadConfig("diff-moe-shapes", trainConfigSchema);
 * const classifier = createDiffMoe(model, { numClasses: 8, imageShape: [3, 32, 32] });
 * const patches = classifier.grid.rows * classifier.grid.columns; // 64
 */
export function createDiffMoe(
  settings: DiffMoeSettings,
  { numClasses, imageShape }: ClassificationTask,
): Classifier {
  const { patchSize, numSelectedExperts } = settings;
  const grid = patchGrid(imageShape[1], imageShape[2], patchSize);
  const config = diffMoeConfig(settings, numClasses);
  return {
    grid,
    numSelectedExperts,
    numActiveExperts: numSelectedExperts,
    ...(settings.layout === "shared" && { expertKinds: expertKinds(settings) }),
    logits: (scope, images) => diffMoe(scope, images, config),
  };
}

/** Kinds of experts in the layout `shared`; the layout `global` routes experts of one kind. */
function expertKinds({ numSharedExperts, numModalitySpecificExperts }: DiffMoeSettings): string[] {
  return [
    ...Array<string>(numSharedExperts).fill("shared"),
    ...Array<string>(numModalitySpecificExperts).fill("modality"),
  ];
}

/**
 * The configuration of a model that also reads text, for a vocabulary.
 *
 * @throws UserError (exit code 2) if sizes are inconsistent, or for `siglip` with class descriptions
 * @example
 * const { model } = loadConfig("diff-moe-shapes", trainConfigSchema);
 * const config = diffMoeMatchingConfig(model, { numClasses: 8, vocabularySize: 100 });
 * config.text.vocabularySize; // 100
 */
export function diffMoeMatchingConfig(
  settings: DiffMoeSettings,
  { numClasses, vocabularySize }: { readonly numClasses: number; readonly vocabularySize: number },
): DiffMoeMatchingConfig {
  const { textEmbedDim, contextLength, textLayers, text: mode, contrastive } = settings;
  if (mode === "prompts" && contrastive.form === "siglip") {
    throw usageError(
      "model.contrastive.form siglip requires captions; choose info_nce for model.text prompts",
    );
  }
  const text = {
    vocabularySize,
    embedDim: textEmbedDim,
    contextLength,
    numLayers: textLayers,
  };
  return { ...diffMoeConfig(settings, numClasses), fusion: settings.fusion, contrastive, text };
}
