/** The interface of models that embed images and texts in one space. */
import type { Tensor } from "../graph/graph.ts";
import type { TokenPaths } from "../moe/active-parameters.ts";
import type { Similarity } from "../nn/logit-scale.ts";
import type { Scope } from "../nn/scope.ts";

/** Unit-length embeddings of images and their texts, `[B, P]` each. */
export interface PairEmbeddings {
  readonly images: Tensor;
  readonly texts: Tensor;
}

export interface ContrastiveModel {
  /** `P` */
  readonly embedDim: number;
  /** `[C, H, W]` */
  readonly imageShape: readonly [number, number, number];
  /** `L`, tokens per text. */
  readonly contextLength: number;
  /** Patches per image: rows and columns. */
  readonly grid: { readonly rows: number; readonly columns: number };
  /** Tokens per image in taps, patches first. */
  readonly tokensPerImage: number;
  /** Upper bound of the routed experts per token, on average. */
  readonly numActiveExperts: number;
  /** Whether tokens of a modality use a parameter. */
  readonly tokenPaths: TokenPaths;
  /** The loss over the similarities. */
  readonly form: "info_nce" | "siglip";
  /** Whether the loss ignores negative pairs with equal texts. */
  readonly ignoresRepeated: boolean;
  /** Embeds images with their texts: in training, tokens of both compete for expert capacity. */
  pairs(scope: Scope, images: Tensor, ids: Tensor, lengths: Tensor): PairEmbeddings;
  /** Embeds images, `[B, C, H, W]` to `[B, P]`; drops no token, so a row depends on its image only. */
  encodeImages(scope: Scope, images: Tensor): Tensor;
  /** Embeds texts, ids `[B, L]` and lengths `[B]` int64 to `[B, P]`; drops no token. */
  encodeTexts(scope: Scope, ids: Tensor, lengths: Tensor): Tensor;
  similarity(scope: Scope): Similarity;
}
