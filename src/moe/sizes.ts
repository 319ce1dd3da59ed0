import { routers } from "./routers/index.ts";
import type { MoeSizes } from "./routing.ts";
import type { MoeSettings } from "./settings.ts";

/**
 * The sizes that follow from settings. `experts.granularity` multiplies the experts and the selected
 * experts (if experts choose, the mean number per token) and divides their width, so parameters and
 * computation do not change (DeepSeekMoE, arXiv:2401.06066, section 3.1).
 *
 * @example
 * moeSizes(parseMoe({ num_experts: 4, experts: { granularity: 2 } })).numSelectedExperts // 4
 */
export function moeSizes({ numExperts: coarse, router, experts, dispatch }: MoeSettings): MoeSizes {
  const { granularity } = experts;
  const numExperts = coarse * granularity;
  const selection = routers.get(router.name).selects(router);
  if (dispatch.name === "expert_choice") {
    const numActiveExperts = Math.min(numExperts, dispatch.capacityFactor * granularity);
    return { numExperts, numSelectedExperts: numExperts, numActiveExperts };
  }
  const count =
    selection === "all"
      ? numExperts
      : typeof selection === "number"
        ? selection * granularity
        : selection.always;
  return { numExperts, numSelectedExperts: count, numActiveExperts: count };
}
