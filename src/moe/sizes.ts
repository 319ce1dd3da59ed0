import type { MoeSettings } from "./config.ts";

/** How many experts a layer has and uses. */
export interface MoeSizes {
  /** `E`, after `granularity`, without shared experts. */
  readonly numExperts: number;
  /** `K`, after `granularity`: choices per token in the tap `ids`; `E` where tokens do not choose. */
  readonly numSelectedExperts: number;
  /** Routed experts that a token is computed by: `K`, on average at most, or the capacity factor. */
  readonly numActiveExperts: number;
}

/**
 * The sizes that settings mean: `experts.granularity` multiplies the experts and those selected (where
 * experts choose, those that a token has on average), and divides their width, so that neither
 * parameters nor arithmetic change (DeepSeekMoE, arXiv:2401.06066, section 3.1).
 */
export function moeSizes({ numExperts: coarse, router, experts, dispatch }: MoeSettings): MoeSizes {
  const { granularity } = experts;
  const numExperts = coarse * granularity;
  const selected = (count: number): MoeSizes => ({
    numExperts,
    numSelectedExperts: count,
    numActiveExperts: count,
  });
  switch (router.name) {
    case "dense":
    case "soft":
      return selected(numExperts);
    case "expert_choice": {
      const factor = dispatch.name === "expert_choice" ? dispatch.capacityFactor : 1;
      const numActiveExperts = Math.min(numExperts, factor * granularity);
      return { numExperts, numSelectedExperts: numExperts, numActiveExperts };
    }
    case "switch":
    case "base":
      return selected(1);
    case "second_expert":
      return selected(2);
    case "top_p":
      return selected(
        router.maxSelectedExperts === undefined
          ? numExperts
          : router.maxSelectedExperts * granularity,
      );
    default:
      return selected(router.numSelectedExperts * granularity);
  }
}
