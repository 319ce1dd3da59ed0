/** Where a model's settings say how many experts it has, and how to say it for other numbers. */
import { usageError } from "../../graph/errors.ts";
import { checkMoe } from "../../moe/check.ts";
import type { MoeSettings } from "../../moe/settings.ts";
import { moeSizes } from "../../moe/sizes.ts";
import type { TrainConfig } from "../../recipe/config.ts";

type ModelSettings = TrainConfig["model"];

/** Experts of every layer, by kind: those that all tokens may use, or those of a modality. */
export interface ExpertCounts {
  /** Names of the kinds, in the order in which their experts stand. */
  readonly kinds: readonly string[];
  readonly counts: readonly number[];
  /** So many experts a layer must have: `K`, or 1 where tokens do not choose a fixed number. */
  readonly numSelectedExperts: number;
}

/** The experts that the settings of a model describe. */
export function expertCounts(model: ModelSettings): ExpertCounts {
  if (model.system === "diff-moe") {
    const { numSelectedExperts, numSharedExperts, numModalitySpecificExperts } = model;
    if (model.layout === "global") {
      return { kinds: ["general"], counts: [model.numGeneralExperts], numSelectedExperts };
    }
    const own = model.textLayers > 0 ? "modality" : "image";
    return {
      kinds: ["shared", own],
      counts: [numSharedExperts, numModalitySpecificExperts],
      numSelectedExperts,
    };
  }
  const { moe } = requireMoe(model);
  const { numExperts, numSelectedExperts } = moeSizes(moe);
  const twice = moeSizes({ ...moe, numExperts: 2 * moe.numExperts });
  const fixed = twice.numSelectedExperts === numSelectedExperts;
  return {
    kinds: ["routed"],
    counts: [numExperts],
    numSelectedExperts: fixed ? numSelectedExperts : 1,
  };
}

/** The settings with other numbers of experts of each kind. */
export function withExpertCounts(model: ModelSettings, counts: readonly number[]): ModelSettings {
  if (model.system === "diff-moe") {
    if (model.layout === "global") return { ...model, numGeneralExperts: counts[0]! };
    const [numSharedExperts = 0, numModalitySpecificExperts = 0] = counts;
    return { ...model, numSharedExperts, numModalitySpecificExperts };
  }
  const { moe } = requireMoe(model);
  const { granularity } = moe.experts;
  const numExperts = counts[0]! / granularity;
  if (!Number.isInteger(numExperts)) {
    throw usageError(
      `${counts[0]} experts would be left, and experts.granularity ${granularity} wants a multiple of it; change ${granularity} experts at a time`,
    );
  }
  const changed = { ...moe, numExperts };
  const problem = checkMoe(changed);
  if (problem !== undefined) throw usageError(problem.message);
  return { ...model, moe: changed } as ModelSettings;
}

/** Path of the dense layer that stands where a layer with experts would be. */
export function denseLayerOf(model: ModelSettings): (path: string) => string {
  if (model.system === "diff-moe") {
    throw usageError(
      "model.system diff-moe has no dense form to upcycle from; train a vit-moe with model.moe_layers=none",
    );
  }
  requireMoe(model);
  return (path) => path.replace(/moe$/, "mlp");
}

/** The override that gives every block of a model experts. */
export function expertsEverywhere(model: ModelSettings): string {
  if (model.system === "sf-moe") return `model.blocks=${"S".repeat(model.numLayers)}`;
  return "model.moe_layers=all";
}

/** The settings of a model whose experts are under `model.moe`. */
function requireMoe(model: { readonly system: string }): { readonly moe: MoeSettings } {
  if ("moe" in model) return model as unknown as { readonly moe: MoeSettings };
  throw usageError(`experts of model.system ${model.system} cannot be changed`);
}
