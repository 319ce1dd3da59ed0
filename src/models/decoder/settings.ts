/** Settings of the decoder in the form of recipes. */
import * as z from "zod";
import type { CamelCased } from "../../config/case.ts";
import { usageError } from "../../graph/errors.ts";
import { moeSchema } from "../../moe/config.ts";
import type { MoeSettings } from "../../moe/settings.ts";
import { requireHeads } from "../heads.ts";
import { blockSettings, contextLength, dropoutRate, initStd, sparseSettings } from "../settings.ts";

const count = z.int().positive();
const factor = z.number().positive();

const scaling = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("linear").describe("Positions divided by the factor."),
    factor: factor.describe("How many times longer the context is."),
  }),
  z.strictObject({
    kind: z.literal("llama3").describe("Low frequencies divided by the factor, as in Llama 3.1."),
    factor: factor.describe("How many times longer the context is."),
    low_frequency_factor: factor.describe("Fewer rotations than this are divided by the factor."),
    high_frequency_factor: factor.describe("More rotations than this stay as they are."),
    original_context: count.describe("Context of pre-training, in tokens."),
  }),
  z.strictObject({
    kind: z.literal("yarn").describe("YaRN, arXiv:2309.00071."),
    factor: factor.describe("How many times longer the context is."),
    original_context: count.describe("Context of pre-training, in tokens."),
    beta_fast: factor.default(32).describe("More rotations than this stay as they are."),
    beta_slow: factor.default(1).describe("Fewer rotations than this are divided by the factor."),
    attention_factor: factor.optional().describe("Factor of rotated queries and keys."),
    truncate: z.boolean().default(true).describe("Whether both bounds are whole dimensions."),
  }),
  z.strictObject({
    kind: z.literal("longrope").describe("LongRoPE, arXiv:2402.13753."),
    factors: z.array(factor).max(65_536).describe("Divisor of each frequency, half the features."),
    attention_factor: factor.default(1).describe("Factor of rotated queries and keys."),
  }),
]);

const attention = z.strictObject({
  qkv_bias: z.boolean().default(false).describe("Whether queries, keys and values have a bias."),
  proj_bias: z.boolean().default(false).describe("Whether the last linear map has a bias."),
  query_key_norm: z
    .enum(["none", "head", "all"])
    .default("none")
    .describe("RMS norm of queries and keys: of each head (Qwen3), or of all together (OLMoE)."),
  clip: factor.optional().describe("Bound of the absolute values of queries, keys and values."),
  sinks: z.boolean().default(false).describe("Whether heads learn a score that no key receives."),
  scale: factor.optional().describe("Factor of the scores; by default 1 / sqrt(head width)."),
  window: count.optional().describe("Tokens that a token sees, itself included; by default all."),
  window_layers: z
    .union([z.literal("all"), z.array(z.int().nonnegative()).max(1024)])
    .default("all")
    .describe("Blocks with the window, counted from 0."),
  latent: z
    .strictObject({
      query_rank: count.optional().describe("Width of the vector of queries; by default none."),
      key_value_rank: count.describe("Width of the vector of keys and values."),
      rotary_width: count.describe("Rotated features of a head."),
      value_width: count.describe("Width of the values of a head."),
    })
    .optional()
    .describe("Keys and values of all heads from one short vector per token, as in DeepSeek-V2."),
  dropout: dropoutRate(0).describe("Dropout on attention weights."),
});

const rotary = z.strictObject({
  theta: factor.default(10_000).describe("Base of the frequencies."),
  share: z.number().positive().max(1).default(1).describe("Share of a head that is rotated."),
  scaling: scaling.optional().describe("Extension to contexts longer than those of pre-training."),
});

const mlp = z.strictObject({
  hidden_width: count.optional().describe("Hidden width; by default 8/3 of the width."),
  bias: z.boolean().default(false).describe("Whether its linear maps have a bias."),
});

const multipliers = z.strictObject({
  embedding: factor.default(1).describe("Factor of the embeddings."),
  residual: factor.default(1).describe("Factor of what a block adds."),
  logits: factor.default(1).describe("Factor of the logits."),
});

/** Settings of the decoder. */
export const decoderSchema = z.strictObject({
  system: z.literal("decoder").describe("Name of the system."),
  ...blockSettings(256, 4, 8),
  num_key_value_heads: count
    .optional()
    .describe("Heads of keys and values, which query heads share; by default num_heads."),
  head_width: count.optional().describe("Width of a head; by default width / num_heads."),
  context_length: contextLength(256),
  attention: attention.prefault({}).describe("Form of attention."),
  rotary: rotary.prefault({}).describe("Rotary positions."),
  norm_epsilon: factor.default(1e-6).describe("Number added to the mean square in norms."),
  mlp: mlp.prefault({}).describe("The gated layer of blocks without experts."),
  tie_embeddings: z.boolean().default(false).describe("Whether the head is the embedding table."),
  multipliers: multipliers.prefault({}).describe("Constant factors, as in Granite."),
  init_std: initStd,
  moe_layers: sparseSettings.moe_layers,
  moe: moeSchema
    .prefault({ experts: { kind: "gated", bias: false } })
    .describe("Router, dispatcher, experts and losses of the layers with experts."),
});

export type DecoderSettings = CamelCased<z.output<typeof decoderSchema>>;

type Sizes = "numKeyValueHeads" | "headWidth" | "mlp" | "moe";

/** The settings with all sizes. */
export interface DecoderConfig extends Omit<DecoderSettings, Sizes> {
  /** `V` */
  readonly vocabularySize: number;
  /** `G` */
  readonly numKeyValueHeads: number;
  /** `W` */
  readonly headWidth: number;
  readonly moe: MoeSettings;
  /** The layer of blocks without experts. */
  readonly mlp: { readonly hiddenWidth: number; readonly bias: boolean };
}

/**
 * The settings with all sizes.
 *
 * @throws UserError (exit code 2) if sizes are inconsistent
 *
 * No example: `createDecoderModel` calls it.
 */
export function decoderConfig(settings: DecoderSettings, vocabularySize: number): DecoderConfig {
  const { width, numHeads, numKeyValueHeads = numHeads, mlp: dense, attention: form } = settings;
  if (settings.headWidth === undefined) requireHeads(settings);
  const headWidth = settings.headWidth ?? width / numHeads;
  if (numHeads % numKeyValueHeads !== 0) {
    throw usageError(
      `model.num_heads ${numHeads} cannot share model.num_key_value_heads ${numKeyValueHeads}; choose a divisor`,
    );
  }
  const rotated = form.latent?.rotaryWidth ?? headWidth * settings.rotary.share;
  if (!Number.isInteger(rotated) || rotated % 2 !== 0) {
    throw usageError(
      `heads of width ${headWidth} have ${rotated} rotated features, which must be an even number; change model.head_width or model.rotary.share`,
    );
  }
  const { scaling } = settings.rotary;
  if (scaling?.kind === "longrope" && scaling.factors.length !== rotated / 2) {
    throw usageError(
      `model.rotary.scaling has ${scaling.factors.length} factors, but heads have ${rotated / 2} frequencies; give one for each`,
    );
  }
  const { latent } = form;
  if (latent !== undefined && Math.max(latent.rotaryWidth, latent.valueWidth) > headWidth) {
    throw usageError(
      `model.attention.latent has heads of ${latent.rotaryWidth} rotated features and values of width ${latent.valueWidth}, which must fit model.head_width ${headWidth}`,
    );
  }
  const outside = form.windowLayers === "all" ? undefined : form.windowLayers.find((i) => i >= settings.numLayers); // biome-ignore format: one expression
  if (outside !== undefined) {
    throw usageError(
      `model.attention.window_layers names block ${outside}, but the model has blocks 0 to ${settings.numLayers - 1}`,
    );
  }
  const hiddenWidth = dense.hiddenWidth ?? Math.round((8 * width) / 3);
  return {
    ...settings,
    ...{ vocabularySize, headWidth },
    numKeyValueHeads: latent === undefined ? numKeyValueHeads : numHeads,
    mlp: { hiddenWidth, bias: dense.bias },
  };
}
