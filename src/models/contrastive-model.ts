/** What training and evaluation ask of models that bring images and texts into one space. */
import type { Tensor } from "../graph/graph.ts";
import type { TokenPaths } from "../moe/active-parameters.ts";
import type { Similarity } from "../nn/logit-scale.ts";
import type { Scope } from "../nn/scope.ts";

/** Rows of length one of images and their texts, `[B, P]` each. */
export interface PairEmbeddings {
  readonly images: Tensor;
  readonly texts: Tensor;
}

export interface ContrastiveModel {
  /** `P` */
  readonly embedDim: number;
  /** `[C, H, W]` */
  readonly imageShape: readonly [number, number, number];
  /** `L`, tokens of a text. */
  readonly contextLength: number;
  /** Patches per image: their rows and columns. */
  readonly grid: { readonly rows: number; readonly columns: number };
  /** Routed experts that compute a token, on average at most. */
  readonly numActiveExperts: number;
  /** Which parameters tokens of each modality meet. */
  readonly tokenPaths: TokenPaths;
  /** The loss that the similarities are for. */
  readonly form: "info_nce" | "siglip";
  /** Whether pairs whose texts are the same are left out of the loss where they are not each other's. */
  readonly ignoresRepeated: boolean;
  /** Images and their texts together: in training, tokens of both compete for the experts' room. */
  pairs(scope: Scope, images: Tensor, ids: Tensor, lengths: Tensor): PairEmbeddings;
  /** Images alone, `[B, C, H, W]` to `[B, P]`; no token is dropped, so a row depends on its image only. */
  encodeImages(scope: Scope, images: Tensor): Tensor;
  /** Texts alone, ids `[B, L]` and lengths `[B]` int64, to `[B, P]`; likewise. */
  encodeTexts(scope: Scope, ids: Tensor, lengths: Tensor): Tensor;
  similarity(scope: Scope): Similarity;
}
