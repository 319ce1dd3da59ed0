/** Algorithms that learn classes from several domains; names and defaults follow DomainBed. */
import * as z from "zod";

const weight = z.number().nonnegative();

export const algorithmSchema = z.discriminatedUnion("name", [
  /** Empirical risk minimisation: the mean loss over all domains. */
  z.strictObject({ name: z.literal("erm") }),
  /** Differences of means and covariances of features between domains (arXiv:1607.01719). */
  z.strictObject({ name: z.literal("coral"), mmd_gamma: weight.default(1) }),
  /** Gradients of a factor on the logits, by domain (arXiv:1907.02893). */
  z.strictObject({
    name: z.literal("irm"),
    irm_lambda: weight.default(100),
    /** Steps with weight 1 before `irm_lambda` applies; then optimizer moments are reset. */
    irm_penalty_anneal_iters: z.int().nonnegative().default(500),
  }),
  /** Domain weights that increase with the loss of the domain (arXiv:1911.08731). */
  z.strictObject({ name: z.literal("group_dro"), groupdro_eta: weight.default(0.01) }),
  /** Images mixed with images of another domain (arXiv:1710.09412). */
  z.strictObject({ name: z.literal("mixup"), mixup_alpha: z.number().positive().default(0.2) }),
]);
