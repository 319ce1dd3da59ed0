import * as z from "zod";
import type { CamelCased } from "../../config/case.ts";
import { moeSchema } from "../../moe/config.ts";

/** Settings of the sparsely-gated classifier; defaults are those of the public CIFAR-10 example. */
export const sparselyGatedSchema = z.strictObject({
  system: z.literal("sparsely-gated"),
  moe: moeSchema.prefault({
    num_experts: 10,
    router: { name: "noisy_top_k", num_selected_experts: 4 },
    experts: { activation: "relu", hidden_width: 128 },
    losses: [
      { name: "importance", weight: 0.01, importance_of: "gates", unbiased: true },
      { name: "load_excluding_self", weight: 0.01, unbiased: true },
    ],
  }),
});

export type SparselyGatedSettings = CamelCased<z.output<typeof sparselyGatedSchema>>;
