/** What reports show of models of several domains. */
import type { RoutingAgreement } from "../statistics/agreement.ts";
import type { Mosaic } from "./mosaic.ts";
import type { LayerRouting } from "./routing.ts";

/** The routing of held-out images of all domains, and of the same scenes in each style. */
export interface DomainAnalysis {
  readonly domains: readonly string[];
  /** Those of which training saw nothing. */
  readonly heldOut: readonly string[];
  /** With labels of samples and of patches, each of them within every domain too. */
  readonly routing: readonly LayerRouting[];
  readonly scenes?: DomainScenes;
}

/** The same scenes drawn in each style. */
export interface DomainScenes {
  /** Some of them: for each scene one mosaic in every domain, in the order of `domains`. */
  readonly shown: readonly (readonly Mosaic[])[];
  /** Scenes that the agreement is over. */
  readonly count: number;
  /** How far patches keep their expert when the style changes. */
  readonly agreement: readonly SceneAgreement[];
}

/** Agreement of one layer between two styles, patch by patch. */
export interface SceneAgreement extends Pick<RoutingAgreement, "firstChoice" | "kappa"> {
  readonly layer: string;
  readonly domains: readonly [string, string];
}
