/** Reads and rewrites the expert counts in a model's settings, by the definition of its system. */
import { usageError } from "../../graph/errors.ts";
import type { ExpertCounts, SystemExperts } from "../../models/define.ts";
import { systemOf } from "../../models/systems.ts";
import type { TrainConfig } from "../../recipe/config.ts";

export type { ExpertCounts } from "../../models/define.ts";

type ModelSettings = TrainConfig["model"];

function expertsOf(model: ModelSettings): SystemExperts<ModelSettings> {
  const { experts } = systemOf(model);
  if (experts !== undefined) return experts;
  throw usageError(`the experts of model.system ${model.system} cannot be changed`);
}

/** The experts that the settings of a model describe. */
export function expertCounts(model: ModelSettings): ExpertCounts {
  return expertsOf(model).counts(model);
}

/** The settings with other numbers of experts of each kind. */
export function withExpertCounts(model: ModelSettings, counts: readonly number[]): ModelSettings {
  return expertsOf(model).withCounts(model, counts);
}

/**
 * The path of the dense layer in place of a sparse layer.
 *
 * @throws UserError (exit code 2) if the system has no dense form
 */
export function denseLayerOf(model: ModelSettings): (path: string) => string {
  const { denseLayer } = expertsOf(model);
  if (denseLayer !== undefined) return denseLayer;
  throw usageError(
    `model.system ${model.system} has no dense form to upcycle from; train a vit-moe with model.moe_layers=none`,
  );
}

/** The override that makes every block sparse. */
export function expertsEverywhere(model: ModelSettings): string {
  return expertsOf(model).everywhere(model);
}
