/** Parts of the definitions of systems whose sparse layers are configured under `model.moe`. */
import { usageError } from "../graph/errors.ts";
import { checkMoe } from "../moe/check.ts";
import { withoutSharedLimit } from "../moe/dispatch/without-limit.ts";
import type { MoeSettings } from "../moe/settings.ts";
import { moeSizes } from "../moe/sizes.ts";
import type { SystemExperts } from "./define.ts";

/** Reads and rewrites `model.moe.num_experts`; blocks are sparse by `model.moe_layers`. */
export function moeExperts<Settings extends { readonly moe: MoeSettings }>(
  everywhere: (settings: Settings) => string = () => "model.moe_layers=all",
): SystemExperts<Settings> {
  return {
    counts({ moe }) {
      const { numExperts, numSelectedExperts } = moeSizes(moe);
      const twice = moeSizes({ ...moe, numExperts: 2 * moe.numExperts });
      const fixed = twice.numSelectedExperts === numSelectedExperts;
      return {
        kinds: ["routed"],
        counts: [numExperts],
        numSelectedExperts: fixed ? numSelectedExperts : 1,
      };
    },
    withCounts(settings, counts) {
      const { granularity } = settings.moe.experts;
      const numExperts = counts[0]! / granularity;
      if (!Number.isInteger(numExperts)) {
        throw usageError(
          `the number of experts must be a multiple of experts.granularity (${granularity}), got ${counts[0]}; change ${granularity} at a time`,
        );
      }
      const moe = { ...settings.moe, numExperts };
      const problem = checkMoe(moe);
      if (problem !== undefined) throw usageError(problem.message);
      return { ...settings, moe };
    },
    denseLayer: (path) => path.replace(/moe$/, "mlp"),
    everywhere,
  };
}

/** The settings without capacity limits that the samples of a batch share. */
export function withoutSharedLimits<Settings extends { readonly moe: MoeSettings }>(
  settings: Settings,
): Settings {
  return { ...settings, moe: withoutSharedLimit(settings.moe) };
}
