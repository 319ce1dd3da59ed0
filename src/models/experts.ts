/** Expert counts in the settings of a system, for edits of trained models. */
import { usageError } from "../graph/errors.ts";
import { checkMoe } from "../moe/check.ts";
import type { MoeSettings } from "../moe/settings.ts";
import { moeSizes } from "../moe/sizes.ts";

/** Experts of every layer, by kind: shared by all tokens, or reserved for a modality. */
export interface ExpertCounts {
  /** Names of the kinds, in the order of their experts. */
  readonly kinds: readonly string[];
  readonly counts: readonly number[];
  /** Fewest experts of a layer: `K`, or 1 if tokens do not choose a fixed number. */
  readonly numSelectedExperts: number;
}

/** The dense model that a system can be upcycled from. */
export interface DenseForm<Settings> {
  /** Path of the dense layer that replaces the layer with experts at `path`. */
  layerAt(path: string): string;
  /** The configuration override that gives every block experts. */
  expertsEverywhere(settings: Settings): string;
}

/** Experts of a system whose number can change after training. */
export interface EditableExperts<Settings> {
  counts(settings: Settings): ExpertCounts;
  /**
   * Changes the numbers of experts, one per kind.
   *
   * @throws UserError (exit code 2) if the settings do not allow these numbers
   */
  withCounts(settings: Settings, counts: readonly number[]): Settings;
  /** Absent if the system has no dense form. */
  readonly dense?: DenseForm<Settings>;
}

/** Experts counted by `model.moe.num_experts`. */
export const moeExperts = {
  counts({ moe }: { readonly moe: MoeSettings }): ExpertCounts {
    const { numExperts, numSelectedExperts } = moeSizes(moe);
    const twice = moeSizes({ ...moe, numExperts: 2 * moe.numExperts });
    const fixed = twice.numSelectedExperts === numSelectedExperts;
    return {
      kinds: ["routed"],
      counts: [numExperts],
      numSelectedExperts: fixed ? numSelectedExperts : 1,
    };
  },
  withCounts<Settings extends { readonly moe: MoeSettings }>(
    settings: Settings,
    [count]: readonly number[],
  ): Settings {
    const { moe } = settings;
    const { granularity } = moe.experts;
    const numExperts = count! / granularity;
    if (!Number.isInteger(numExperts)) {
      throw usageError(
        `the number of experts must be a multiple of experts.granularity (${granularity}), got ${count}; change ${granularity} at a time`,
      );
    }
    const changed = { ...moe, numExperts };
    const problem = checkMoe(changed);
    if (problem !== undefined) throw usageError(problem.message);
    return { ...settings, moe: changed };
  },
};

/** Dense blocks have `mlp` instead of `moe`; `model.moe_layers` selects the blocks with experts. */
export const denseBlocks: DenseForm<object> = {
  layerAt: (path) => path.replace(/moe$/, "mlp"),
  expertsEverywhere: () => "model.moe_layers=all",
};
