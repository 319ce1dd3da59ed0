/** Routing across domains, for reports. */
import type { RoutingAgreement } from "../statistics/agreement.ts";
import type { Mosaic } from "./mosaic.ts";
import type { LayerRouting } from "./routing.ts";

/** The routing of held-out images of all domains, and of the same scenes in each style. */
export interface DomainAnalysis {
  readonly domains: readonly string[];
  /** Domains held out from training. */
  readonly heldOut: readonly string[];
  /** Routing with labels of samples and patches, each also counted within every domain. */
  readonly routing: readonly LayerRouting[];
  readonly scenes?: DomainScenes;
}

/** The same scenes drawn in each style. */
export interface DomainScenes {
  /** Example scenes: one mosaic per domain for each scene, in the order of `domains`. */
  readonly shown: readonly (readonly Mosaic[])[];
  /** Number of scenes in the agreement. */
  readonly count: number;
  /** Routing agreement of the patches across styles. */
  readonly agreement: readonly SceneAgreement[];
}

/** Agreement of one layer between two styles, patch by patch. */
export interface SceneAgreement extends Pick<RoutingAgreement, "firstChoice" | "kappa"> {
  readonly layer: string;
  readonly domains: readonly [string, string];
}
