import * as z from "zod";
import type { CamelCased } from "../../config/case.ts";
import { moeSchema } from "../../moe/config.ts";
import { moeLayersSchema } from "../../moe/sparse-blocks.ts";

/** Settings of the plain vision transformer with experts. */
export const vitMoeSchema = z.strictObject({
  system: z.literal("vit-moe"),
  patch_size: z.int().positive().default(4),
  /** How patches become tokens; a convolution stem learns faster in small models. */
  stem: z.enum(["linear", "conv"]).default("linear"),
  width: z.int().positive().default(128),
  num_layers: z.int().positive().default(4),
  num_heads: z.int().positive().default(8),
  /** Blocks with experts; the others have a dense layer of the experts' form. */
  moe_layers: moeLayersSchema.default("all"),
  moe: moeSchema.prefault({}),
});

export type VitMoeSettings = CamelCased<z.output<typeof vitMoeSchema>>;
