/**
 * Diff-MoE with text that does not reveal the true label: the descriptions of all classes, or captions
 * of the images.
 *
 * Axes: `B` images, `C` classes, `L` words, `P` width of the shared embedding space.
 */
import type { NdArray } from "../../graph/array.ts";
import type { Tensor } from "../../graph/graph.ts";
import { constant } from "../../graph/inputs.ts";
import { type Dim, product } from "../../graph/shape.ts";
import { lengthBias } from "../../nn/attention/kv-cache.ts";
import { truncatedNormal } from "../../nn/initializers.ts";
import { linear } from "../../nn/linear.ts";
import { similarity } from "../../nn/logit-scale.ts";
import type { Scope } from "../../nn/scope.ts";
import { add, mul } from "../../ops/arithmetic.ts";
import { cast, equal, greater, logicalNot, where } from "../../ops/compare.ts";
import { gather, onesLike, zerosLike } from "../../ops/gather.ts";
import { slice } from "../../ops/join.ts";
import { l2Normalize } from "../../ops/l2-normalize.ts";
import { matmul } from "../../ops/matmul.ts";
import { reduceMax, reduceSum } from "../../ops/reduce.ts";
import { reshape, squeeze } from "../../ops/reshape.ts";
import { cumulativeSum } from "../../ops/scan.ts";
import { stack } from "../../ops/tile.ts";
import type { TextContext } from "./block.ts";
import { classify, type DiffMoeConfig, encodeImages } from "./diff-moe.ts";
import {
  type DiffMoeTextConfig,
  type EncodedText,
  encodeText,
  poolText,
  type TextBatch,
} from "./text.ts";

export interface DiffMoeMatchingConfig extends DiffMoeConfig {
  readonly text: DiffMoeTextConfig;
  /** Whether patches attend to the text; if not, only the shared space relates texts and images. */
  readonly fusion: boolean;
  readonly contrastive: {
    readonly form: "info_nce" | "siglip";
    readonly temperature: number;
    /** Whether the temperature is learned, starting from `temperature`. */
    readonly learnedTemperature: boolean;
    /** `P`. Default: the model width. */
    readonly embedDim?: number | undefined;
  };
}

/** Images and texts in the shared space. */
export interface SharedSpace {
  /** `[B, P]`, rows of unit length. */
  readonly imageEmbeddings: Tensor;
  /** `[B, P]` for captions, `[C, P]` for prompts; rows of unit length. */
  readonly textEmbeddings: Tensor;
  /** Factor of the cosines; `bias` is added in the sigmoid form. */
  readonly scale: Tensor | number;
  readonly bias: Tensor | number;
}

export interface PromptedImages extends SharedSpace {
  /** Class logits of the classification head, `[B, C]`. */
  readonly logits: Tensor;
  /** Class logits from the comparison with every description, `[B, C]`. */
  readonly promptLogits: Tensor;
}

export interface CaptionedImages extends SharedSpace {
  /** Class logits of the images without text, `[B, C]`; absent without classes. */
  readonly logits?: Tensor;
  /** Each image with its own caption and with the caption of another image. */
  readonly match?: {
    /** Logits that image and caption match, `[B, 2]`. */
    readonly scores: Tensor;
    /** 0 for another image's caption that equals the own caption, otherwise 1, `[B, 2]`. */
    readonly counted: Tensor;
  };
}

/**
 * Class logits of the classification head and of the class descriptions.
 *
 * The descriptions are constants of the graph. With `fusion` the patches attend to the words of all
 * descriptions at once.
 *
 * @param images `[B, channels, H, W]`
 * @param prompts ids `[C, L]` and lengths `[C]` of one description per class, int64
 * @example
 * const { model } = loadConfig("diff-moe-shapes", trainConfigSchema);
 * const config = diffMoeMatchingConfig(model, { numClasses: 2, vocabularySize: 10 });
 * const prompts = { ids: array([[1, 2, 3], [1, 4, 0]], "int64"), lengths: array([3, 2], "int64") };
 * const scores = (scope, { images }) =>
 *   diffMoeWithPrompts(scope, images, prompts, config).promptLogits;
 * const inputs = { images: allocate("float32", [4, 3, 32, 32]) };
 * const { output } = await apply(scores, init(scores, inputs), inputs);
 * output.shape; // [4, 2]
 */
export function diffMoeWithPrompts(
  scope: Scope,
  images: Tensor,
  prompts: { readonly ids: NdArray<"int64">; readonly lengths: NdArray<"int64"> },
  config: DiffMoeMatchingConfig,
): PromptedImages {
  const ids = constant(scope.graph, prompts.ids);
  const lengths = constant(scope.graph, prompts.lengths);
  const encoded = encodeText(scope, { ids, lengths }, config, config.text);
  const numTokens = product(ids.shape) as number; // C*L
  const hidden = lengthBias(lengths, ids.shape[1] as number); // [C, 1, 1, L]
  const context: TextContext = {
    tokens: encoded.tokens,
    numTokens,
    bias: reshape(hidden, [1, 1, 1, numTokens]),
  };
  const text = config.fusion ? context : undefined;
  const pooled = encodeImages(scope, images, config, { text }); // [B, D]
  const shared = sharedSpace(scope, pooled, encoded, config);
  const cosines = matmul(shared.imageEmbeddings, shared.textEmbeddings, { transposeB: true });
  return {
    ...shared,
    logits: classify(scope, pooled, config),
    promptLogits: add(mul(cosines, shared.scale), shared.bias),
  };
}

/**
 * Separate embeddings of images and captions in the shared space, and with `fusion` the match scores of
 * pairs, whose patches attend to the caption.
 *
 * Each image is paired with its own caption and with the caption of the next image of the batch. The
 * three passes over an image (without text, with either caption) are adjacent in every tap.
 *
 * @param images `[B, channels, H, W]`
 * @example
 * const { model } = loadConfig("diff-moe-shapes", trainConfigSchema);
 * const config = diffMoeMatchingConfig(model, { numClasses: 0, vocabularySize: 10 });
 * const embeddings = (scope, { images, ids, lengths }) =>
 *   diffMoeWithCaptions(scope, images, { ids, lengths }, config).imageEmbeddings;
 * const inputs = {
 *   images: allocate("float32", [2, 3, 32, 32]),
 *   ids: array([[1, 2, 3], [1, 4, 0]], "int64"),
 *   lengths: array([3, 2], "int64"),
 * };
 * const { output } = await apply(embeddings, init(embeddings, inputs), inputs);
 * output.shape; // [2, 64]
 */
export function diffMoeWithCaptions(
  scope: Scope,
  images: Tensor,
  captions: TextBatch,
  config: DiffMoeMatchingConfig,
): CaptionedImages {
  const encoded = encodeText(scope, captions, config, config.text);
  if (!config.fusion) {
    const pooled = encodeImages(scope, images, config); // [B, D]
    return { ...sharedSpace(scope, pooled, encoded, config), ...classes(scope, pooled, config) };
  }
  const next = nextIndices(captions.lengths); // [B]
  const pooled = encodeImages(scope, images, config, {
    copies: 3,
    text: pairedContext(encoded, next, config.width),
  }); // [B*3, D]
  const passes = reshape(pooled, [images.shape[0]!, 3, config.width]);
  const alone = squeeze(slice(passes, 1, 0, 1), 1); // [B, D]
  const init = { weightInit: truncatedNormal(config.initStd) };
  const scores = linear(scope.child("match_head"), slice(passes, 1, 1), 1, init); // [B, 2, 1]
  const { ids } = captions;
  const same = reduceSum(cast(equal(ids, gather(ids, next)), "int64"), 1); // [B]
  const differs = cast(logicalNot(equal(same, ids.shape[1] as number)), "float32");
  return {
    ...sharedSpace(scope, alone, encoded, config),
    ...classes(scope, alone, config),
    match: { scores: squeeze(scores, 2), counted: stack([onesLike(differs), differs], 1) },
  };
}

/** The texts of three passes over an image: none, the own caption, the caption of the next image. */
function pairedContext(
  { ids, lengths, tokens }: EncodedText,
  next: Tensor,
  width: number,
): TextContext {
  const [batch, numTokens] = ids.shape as [Dim, number];
  const own = reshape(tokens, [batch, numTokens, width]); // [B, L, D]
  const all = stack([own, own, gather(own, next)], 1); // [B, 3, L, D]; the first is masked
  const counts = stack([zerosLike(lengths), lengths, gather(lengths, next)], 1); // [B, 3]
  const flat = reshape(counts, [product(counts.shape)]); // [B*3]
  return {
    tokens: reshape(all, [product([batch, 3, numTokens]), width]),
    numTokens,
    bias: lengthBias(flat, numTokens),
    present: greater(flat, 0),
  };
}

/** `1, 2, ..., B-1, 0` for `[B]` int64. */
function nextIndices(lengths: Tensor): Tensor {
  const following = cumulativeSum(onesLike(lengths)); // 1 to B
  const isLast = equal(following, reduceMax(following));
  return where(isLast, 0, following);
}

function classes(
  scope: Scope,
  pooled: Tensor,
  config: DiffMoeConfig,
): { readonly logits?: Tensor } {
  return config.numClasses === 0 ? {} : { logits: classify(scope, pooled, config) };
}

/**
 * Parameters `image_to_shared.weight`, `text_to_shared.weight` `[P, D]`, `logit_scale`,
 * `logit_bias`.
 */
function sharedSpace(
  scope: Scope,
  pooled: Tensor,
  text: EncodedText,
  config: DiffMoeMatchingConfig,
): SharedSpace {
  return {
    imageEmbeddings: toShared(scope.child("image_to_shared"), pooled, config),
    textEmbeddings: toShared(scope.child("text_to_shared"), poolText(text), config),
    ...similarity(scope, config.contrastive),
  };
}

function toShared(scope: Scope, x: Tensor, { contrastive, width }: DiffMoeMatchingConfig): Tensor {
  return l2Normalize(linear(scope, x, contrastive.embedDim ?? width, { bias: false }));
}

/** Embeddings of images without text, and class logits if there are classes. */
export function encodeImageAlone(
  scope: Scope,
  images: Tensor,
  config: DiffMoeMatchingConfig,
): { readonly embeddings: Tensor; readonly logits?: Tensor } {
  const pooled = encodeImages(scope, images, config); // [B, D]
  const embeddings = toShared(scope.child("image_to_shared"), pooled, config); // [B, P]
  return { embeddings, ...classes(scope, pooled, config) };
}

/** Embeddings of texts, `[B, P]`. */
export function encodeCaption(
  scope: Scope,
  texts: TextBatch,
  config: DiffMoeMatchingConfig,
): Tensor {
  const pooled = poolText(encodeText(scope, texts, config, config.text)); // [B, D]
  return toShared(scope.child("text_to_shared"), pooled, config);
}
