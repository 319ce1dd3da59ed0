import * as z from "zod";
import type { CamelCased } from "../../config/case.ts";
import { moeSchema } from "../../moe/config.ts";
import { createMoe } from "../../moe/create-moe.ts";
import type { ClassificationTask, Classifier } from "../classifier.ts";
import { sparselyGated } from "./sparsely-gated.ts";

/** Settings of the sparsely-gated classifier. Defaults: the public CIFAR-10 example. */
export const sparselyGatedSchema = z.strictObject({
  system: z.literal("sparsely-gated").describe("Name of the system."),
  moe: moeSchema
    .prefault({
      num_experts: 10,
      router: { name: "noisy_top_k", num_selected_experts: 4 },
      experts: { activation: "relu", hidden_width: 128 },
      losses: [
        { name: "importance", weight: 0.01, importance_of: "gates", unbiased: true },
        { name: "load_excluding_self", weight: 0.01, unbiased: true },
      ],
    })
    .describe("Router, dispatcher, experts and losses of the layers with experts."),
});

export type SparselyGatedSettings = CamelCased<z.output<typeof sparselyGatedSchema>>;

/**
 * Builds the image classifier of the settings; each image is one token.
 *
 * @throws UserError (exit code 2) if the routing does not support single tokens
 * @example
 * const { model } = loadConfig("sparsely-gated-cifar10", trainConfigSchema);
 * const classifier = createSparselyGated(model, { numClasses: 10, imageShape: [3, 32, 32] });
 * classifier.numSelectedExperts; // 4
 */
export function createSparselyGated(
  { moe }: SparselyGatedSettings,
  { numClasses, imageShape }: ClassificationTask,
): Classifier {
  const width = imageShape.reduce((product, side) => product * side, 1);
  const { numSelectedExperts, numActiveExperts } = createMoe(moe, { width, numTokens: 1 });
  return {
    grid: { rows: 1, columns: 1 },
    numSelectedExperts,
    numActiveExperts,
    logits: (scope, images) => sparselyGated(scope, images, { numClasses, moe }),
  };
}
