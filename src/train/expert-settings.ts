/** Where a model's settings say how many experts it has, and how to say it for other numbers. */
import { UserError } from "../graph/errors.ts";
import { diffMoeConfig } from "../models/diff-moe-config.ts";
import type { ModelSettings } from "../models/systems.ts";
import { moeSizes } from "../moe/sizes.ts";

/** Experts of every layer, by kind: those that all tokens may use, or those of a modality. */
export interface ExpertCounts {
  /** Names of the kinds, in the order in which their experts stand. */
  readonly kinds: readonly string[];
  readonly counts: readonly number[];
  /** `K` */
  readonly numSelectedExperts: number;
}

/** The experts that the settings of a model describe. */
export function expertCounts(model: ModelSettings): ExpertCounts {
  switch (model.system) {
    case "diff-moe": {
      const { modalities } = diffMoeConfig(model, 1);
      const specific = modalities.map(() => model.numModalitySpecificExperts);
      return {
        kinds: ["shared", ...modalities],
        counts: [model.numSharedExperts, ...specific],
        numSelectedExperts: model.numSelectedExperts,
      };
    }
    case "vit-moe":
      return {
        kinds: ["routed"],
        counts: [moeSizes(model.moe).numExperts],
        numSelectedExperts: moeSizes(model.moe).numSelectedExperts,
      };
  }
}

/** The settings with other numbers of experts of each kind. */
export function withExpertCounts(model: ModelSettings, counts: readonly number[]): ModelSettings {
  switch (model.system) {
    case "diff-moe": {
      const [numSharedExperts = 0, ...specific] = counts;
      const numModalitySpecificExperts = specific[0] ?? 0;
      if (specific.some((count) => count !== numModalitySpecificExperts)) {
        throw new UserError(
          `the modalities would have ${specific.join(" and ")} experts; change as many of each`,
          { exitCode: 2 },
        );
      }
      return { ...model, numSharedExperts, numModalitySpecificExperts };
    }
    case "vit-moe":
      return { ...model, moe: { ...model.moe, numExperts: counts[0]! } };
  }
}

/** Path of the dense layer that stands where a layer with experts would be. */
export function denseLayerOf(model: ModelSettings): (path: string) => string {
  if (model.system === "vit-moe") return (path) => path.replace(/moe$/, "mlp");
  throw new UserError(
    `model.system ${model.system} has no dense form to upcycle from; train one of vit-moe with model.moe_layers=none`,
    { exitCode: 2 },
  );
}
