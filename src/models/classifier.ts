/** Classifiers of images: the common interface of all systems that have one. */
import type { Tensor } from "../graph/graph.ts";
import type { Scope } from "../nn/scope.ts";

/** The classes and images that a classifier is built for. */
export interface ClassificationTask {
  readonly numClasses: number;
  /** `[C, H, W]` */
  readonly imageShape: readonly [number, number, number];
}

export interface Classifier {
  /** Class logits `[B, classes]` of images `[B, C, H, W]`. */
  readonly logits: (scope: Scope, images: Tensor) => Tensor;
  /** Patches per image: rows and columns. */
  readonly grid: { readonly rows: number; readonly columns: number };
  /** Tokens per image in taps, patches first. Default: the number of patches. */
  readonly tokensPerImage?: number;
  /** `K`, choices per token in the taps `ids`. */
  readonly numSelectedExperts: number;
  /** Routed experts per token; an average if it varies. */
  readonly numActiveExperts: number;
  /** Kind of each expert: `shared`, or `modality` if only tokens of one modality may use it. */
  readonly expertKinds?: readonly string[]; // [E]
}
