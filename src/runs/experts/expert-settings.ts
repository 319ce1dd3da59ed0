/** The experts in the settings of a model, as its system defines them. */
import { usageError } from "../../graph/errors.ts";
import type { DenseForm, EditableExperts, ExpertCounts } from "../../models/experts.ts";
import { type ModelSettings, systemOf } from "../../models/systems.ts";

/**
 * The experts that the settings of a model describe.
 *
 * @throws UserError (exit code 2) if the experts of the system cannot be changed
 */
export function expertCounts(model: ModelSettings): ExpertCounts {
  return requireExperts(model).counts(model);
}

/**
 * The settings with other numbers of experts, one per kind.
 *
 * @throws UserError (exit code 2) if the settings do not allow these numbers
 */
export function withExpertCounts(model: ModelSettings, counts: readonly number[]): ModelSettings {
  return requireExperts(model).withCounts(model, counts) as ModelSettings;
}

/**
 * The dense form that a model can be upcycled from.
 *
 * @throws UserError (exit code 2) if the system has none
 */
export function requireDenseForm(model: ModelSettings): DenseForm<{ readonly system: string }> {
  const { dense } = requireExperts(model);
  if (dense !== undefined) return dense;
  throw usageError(
    `model.system ${model.system} has no dense form to upcycle from; train a vit-moe with model.moe_layers=none`,
  );
}

function requireExperts(model: ModelSettings): EditableExperts<{ readonly system: string }> {
  const { name, experts } = systemOf(model);
  if (experts !== undefined) return experts;
  throw usageError(
    `experts of model.system ${name} cannot be changed: its definition has no part \`experts\``,
  );
}
