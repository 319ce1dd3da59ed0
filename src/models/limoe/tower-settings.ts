/** Settings of LIMoE's towers that are different from those of the model. */
import * as z from "zod";
import { type CamelCased, snakeCase } from "../../config/case.ts";
import { usageError } from "../../graph/errors.ts";
import { type MoeLayers, moeBlocks, moeLayersSchema } from "../../moe/sparse-blocks.ts";
import { requireHeads } from "../heads.ts";
import { dropoutRate, layerCount, textNormSettings } from "../settings.ts";

/** Settings of one of two towers; by default those of the model. */
const towerSettings = {
  width: z.int().positive().optional().describe("Width of the tokens of the tower."),
  num_layers: layerCount(8).removeDefault().optional().describe("Number of blocks of the tower."),
  num_heads: z.int().positive().optional().describe("Attention heads of the tower."),
  dropout: dropoutRate(0)
    .removeDefault()
    .optional()
    .describe("Dropout on embeddings, attention weights and attention outputs of the tower."),
  moe_layers: moeLayersSchema.optional().describe("Blocks with experts."),
  projection: z
    .enum(["linear", "none"])
    .default("linear")
    .describe("Map of the features to the shared space; `none` if they have its width."),
  projection_bias: z.boolean().default(false).describe("Whether that map has a bias."),
};

export const imageTowerSchema = z.strictObject({
  ...towerSettings,
  norm_epsilon: textNormSettings.norm_epsilon,
  embedding_norm: z
    .boolean()
    .default(false)
    .describe("Whether the sums of patches and positions are normalised, as in CLIP."),
  class_token: z
    .boolean()
    .default(false)
    .describe("Whether a class token takes part in attention, as in vision transformers."),
  pool: z
    .enum(["mean", "cls", "cls_mean", "map"])
    .default("mean")
    .describe(
      "Features of an image: the mean of the patches, the class token, both, or attention pooling as in SigLIP.",
    ),
});

export const textTowerSchema = z.strictObject({
  ...towerSettings,
  ...textNormSettings,
  causal: z
    .boolean()
    .default(false)
    .describe("Whether tokens attend to earlier tokens only, as in CLIP."),
  pool: z
    .enum(["mean", "cls", "last"])
    .default("mean")
    .describe(
      "Features of a text: the mean of the tokens, the first token, or the last, such as CLIP's end token.",
    ),
  pad_id: z
    .int()
    .nonnegative()
    .optional()
    .describe(
      "Token that fills texts up to the context length and is read like a word, as in SigLIP. By default, padding is not read.",
    ),
});

interface Towers {
  readonly towers: "one" | "two";
  readonly width: number;
  readonly numLayers: number;
  readonly numHeads: number;
  readonly moeLayers: MoeLayers;
  readonly embedDim?: number | undefined;
  readonly imageTower?: CamelCased<z.output<typeof imageTowerSchema>> | undefined;
  readonly textTower?: CamelCased<z.output<typeof textTowerSchema>> | undefined;
}

/**
 * Checks heads, blocks and features of the towers.
 *
 * @throws UserError (exit code 2) if sizes are inconsistent
 */
export function requireTowers(settings: Towers): void {
  for (const name of ["imageTower", "textTower"] as const) {
    const own = settings[name];
    const at = `model.${snakeCase(name)}`;
    if (own !== undefined && settings.towers === "one") {
      throw usageError(`${at} needs two towers; set model.towers to two`);
    }
    const { numLayers = settings.numLayers, moeLayers = settings.moeLayers } = own ?? {};
    const { numHeads = settings.numHeads, width = settings.width } = own ?? {};
    requireHeads({ width, numHeads }, own === undefined ? "model" : at);
    moeBlocks(moeLayers, numLayers); // Throws for blocks that the tower does not have.
    const { embedDim = settings.width } = settings;
    const features = own?.pool === "cls_mean" ? 2 * width : width;
    if (own?.projection === "none" && features !== embedDim) {
      throw usageError(
        `${at}.projection none gives features of width ${features}, but model.embed_dim is ${embedDim}; set it to ${features} or use projection linear`,
      );
    }
  }
  const { classToken = false, pool = "mean" } = settings.imageTower ?? {};
  if (pool.startsWith("cls") && !classToken) {
    throw usageError(
      `model.image_tower.pool ${pool} needs a class token; set model.image_tower.class_token to true`,
    );
  }
}
