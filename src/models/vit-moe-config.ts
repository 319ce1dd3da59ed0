import * as z from "zod";
import type { CamelCased } from "../config/case.ts";

/** Settings of the plain vision transformer with experts. */
export const vitMoeSchema = z.strictObject({
  system: z.literal("vit-moe"),
  patch_size: z.int().positive().default(4),
  width: z.int().positive().default(128),
  num_layers: z.int().positive().default(4),
  num_heads: z.int().positive().default(8),
  num_experts: z.int().positive().default(8),
  num_selected_experts: z.int().positive().default(2),
  mlp_ratio: z.number().positive().default(4),
  activation: z.enum(["gelu", "gelu_tanh", "relu", "relu_squared", "silu"]).default("gelu"),
});

export type VitMoeSettings = CamelCased<z.output<typeof vitMoeSchema>>;
