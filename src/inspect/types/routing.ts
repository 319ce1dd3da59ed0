/** Routing of layers over a whole evaluation. Letters: `E` experts, `L` values of a label. */
import type { RoutingScores } from "../routing-scores.ts";
import type { RoutingAgreement } from "../statistics/agreement.ts";
import type { Association } from "../statistics/contingency.ts";

/** How tokens were spread over the experts of a layer. */
export interface RoutingSpread {
  /** Fraction of all assignments that went to each expert; sums to 1. */
  readonly load: readonly number[]; // [E]
  /** Sum of the probabilities of each expert, as a fraction of the whole. */
  readonly importance: readonly number[]; // [E]
  readonly scores: RoutingScores;
}

/** Which experts the tokens of each class, or of another label of their samples, went to. */
export interface LabelRouting {
  /** `class`, `domain`, `modality`, or an attribute such as `color`. */
  readonly label: string;
  /** The one modality whose tokens are counted, where the layer has several. */
  readonly modality?: string;
  readonly values: readonly string[]; // [L]
  /** Assignments; sums of probabilities if every token reaches every expert. */
  readonly counts: readonly (readonly number[])[]; // [L, E]
  readonly association: Association;
  /** The same within each domain, where samples are of several. */
  readonly byDomain?: readonly DomainLabelRouting[];
}

/** Which experts the tokens of each value went to, within one domain. */
export interface DomainLabelRouting {
  readonly domain: string;
  readonly values: readonly string[]; // [L]
  readonly counts: readonly (readonly number[])[]; // [L, E]
  readonly association: Association;
}

/** How one MoE layer spread its tokens over its experts, over a whole evaluation. */
export interface LayerRouting extends RoutingSpread {
  readonly layer: string;
  readonly numExperts: number;
  /** `shared`, or `modality` for experts that only tokens of one modality may use. */
  readonly expertKinds?: readonly string[]; // [E]
  readonly modalities?: readonly (RoutingSpread & { readonly modality: string })[];
  readonly labels?: readonly LabelRouting[];
}

/** How far two checkpoints of one model, or two models, send the same tokens to the same experts. */
export interface CheckpointAgreement {
  /** What was compared, such as `the best (step 400)`. */
  readonly first: string;
  readonly second: string;
  /** The split whose tokens were compared. */
  readonly split: string;
  readonly layers: readonly LayerAgreement[];
}

/** Agreement of one layer under the experts' own numbers, and once they are matched. */
export interface LayerAgreement {
  readonly layer: string;
  readonly tokens: number;
  readonly own: RoutingAgreement;
  readonly matched: RoutingAgreement;
}
