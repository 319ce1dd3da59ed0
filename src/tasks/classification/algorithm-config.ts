/** Algorithms that learn classes from several domains; names and defaults follow DomainBed. */
import * as z from "zod";

const weight = z.number().nonnegative();

export const algorithmSchema = z.discriminatedUnion("name", [
  /** Empirical risk minimisation: the mean loss over all domains. */
  z.strictObject({ name: z.literal("erm").describe("Name of the algorithm.") }),
  /** Differences of means and covariances of features between domains (arXiv:1607.01719). */
  z.strictObject({
    name: z.literal("coral").describe("Name of the algorithm."),
    mmd_gamma: weight.default(1).describe("Weight of the differences between domains."),
  }),
  /** Gradients of a factor on the logits, by domain (arXiv:1907.02893). */
  z.strictObject({
    name: z.literal("irm").describe("Name of the algorithm."),
    irm_lambda: weight.default(100).describe("Weight of the penalty."),
    irm_penalty_anneal_iters: z
      .int()
      .nonnegative()
      .default(500)
      .describe(
        "Steps with weight 1 before `irm_lambda` applies; then optimizer moments are reset.",
      ),
  }),
  /** Domain weights that increase with the loss of the domain (arXiv:1911.08731). */
  z.strictObject({
    name: z.literal("group_dro").describe("Name of the algorithm."),
    groupdro_eta: weight.default(0.01).describe("Step of the domain weights."),
  }),
  /** Images mixed with images of another domain (arXiv:1710.09412). */
  z.strictObject({
    name: z.literal("mixup").describe("Name of the algorithm."),
    mixup_alpha: z
      .number()
      .positive()
      .default(0.2)
      .describe("Parameter of the beta distribution of the mixing factor."),
  }),
]);
