/** Routing of layers over a whole evaluation. Letters: `E` experts, `L` values of a label. */
import type { RoutingScores } from "../routing-scores.ts";
import type { RoutingAgreement } from "../statistics/agreement.ts";
import type { Association } from "../statistics/contingency.ts";

/** Distribution of tokens over the experts of a layer. */
export interface RoutingSpread {
  /** Fraction of all assignments that went to each expert; sums to 1. */
  readonly load: readonly number[]; // [E]
  /** Each expert's share of the sum of probabilities. */
  readonly importance: readonly number[]; // [E]
  readonly scores: RoutingScores;
}

/** Expert assignments per class, or per value of another label. */
export interface LabelRouting {
  /** `class`, `domain`, `modality`, or an attribute such as `color`. */
  readonly label: string;
  /** The modality whose tokens are counted, if the layer has several. */
  readonly modality?: string;
  readonly values: readonly string[]; // [L]
  /** Assignments; sums of probabilities if every token reaches every expert. */
  readonly counts: readonly (readonly number[])[]; // [L, E]
  readonly association: Association;
  /** The same counts within each domain, if samples have several domains. */
  readonly byDomain?: readonly DomainLabelRouting[];
}

/** Expert assignments per value, within one domain. */
export interface DomainLabelRouting {
  readonly domain: string;
  readonly values: readonly string[]; // [L]
  readonly counts: readonly (readonly number[])[]; // [L, E]
  readonly association: Association;
}

/** Distribution of tokens over the experts of one MoE layer, over a whole evaluation. */
export interface LayerRouting extends RoutingSpread {
  readonly layer: string;
  readonly numExperts: number;
  /** `shared`, or `modality` for experts that only tokens of one modality may use. */
  readonly expertKinds?: readonly string[]; // [E]
  readonly modalities?: readonly (RoutingSpread & { readonly modality: string })[];
  readonly labels?: readonly LabelRouting[];
}

/** Routing agreement of two checkpoints of one model, or of two models, on the same tokens. */
export interface CheckpointAgreement {
  /** Description of the compared checkpoint, such as `the best (step 400)`. */
  readonly first: string;
  readonly second: string;
  /** The split of the compared tokens. */
  readonly split: string;
  readonly layers: readonly LayerAgreement[];
}

/** Agreement of one layer with the original expert ids, and after matching the experts. */
export interface LayerAgreement {
  readonly layer: string;
  readonly tokens: number;
  readonly own: RoutingAgreement;
  readonly matched: RoutingAgreement;
}
