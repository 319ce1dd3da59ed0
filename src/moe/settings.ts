/** Settings of a mixture-of-experts layer with all defaults filled in. */
import type { DispatchSettings } from "./dispatch/config.ts";
import type { ExpertSettings } from "./experts-config.ts";
import type { LossSettings } from "./losses/index.ts";
import type { RouterSettings } from "./routers/index.ts";

/** The result of `parseMoe`: compatible parts. */
export interface MoeSettings {
  /** `E` before `experts.granularity` multiplies it. */
  readonly numExperts: number;
  readonly router: RouterSettings;
  readonly dispatch: DispatchSettings;
  readonly experts: ExpertSettings;
  readonly losses: readonly LossSettings[];
  /** L1 and L2 factors of the router's weights. */
  readonly routerPenalty: { readonly l1: number; readonly l2: number };
}
