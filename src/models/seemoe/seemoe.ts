/**
 * SeeMoE: image captioning (github.com/AviSoori1x/seemore, commit d1eb880, rewritten). A vision
 * transformer encodes the image, a projector maps its tokens to the width of a causal decoder with
 * mixtures of experts, and the decoder generates the caption word by word.
 *
 * With the published sizes and 66 symbols it has the original's 20,300,354 parameters: 9,866,752 in
 * the vision transformer, 1,312,896 in the projector, and the rest in the decoder. This code fixes
 * errors of the original:
 * - All blocks, including the vision transformer's, add the feed-forward output to the normed input,
 *   which discards the residual stream. Here the output is added to the residual stream.
 * - Router noise stays on in evaluation, so that the loss of the same image and text varies. Here noise
 *   is drawn in training only.
 * - Targets are shifted twice, so that the first character of a caption is never a target. Here the
 *   last visual token predicts it, or the start token if the vocabulary has one.
 * - Padding is part of the loss. Here padding is not a target, not attended to and not routed.
 * - Generation adds positions again at every step to states that the decoder has already changed, skips
 *   the final norm, never stops and exceeds the position table. Here the decoder reads the image once,
 *   caches keys and values, and stops at the end token or at the end of the context.
 * - Attention scores are divided by the square root of the model width instead of the head width, which
 *   flattens attention. Here the head width is used (arXiv:1706.03762, section 3.2.1);
 *   `attention_scale: model` restores the original for the decoder.
 * - An unknown character raises an exception. Here it becomes the tokenizer's unknown token.
 * - The vision transformer uses ReLU, meant for the decoder, because a flag is never set. Here a
 *   setting selects the activation; the recipe of the published sizes keeps ReLU.
 *
 * Initial weights of the decoder and the projector are Kaiming normal as in the original. The
 * vision transformer uses this library's initial weights, because image models learn with them at
 * higher learning rates. The class token and its position are two parameters, as in the published
 * count, though one would be enough.
 *
 * Axes: `B` images, `P` visual tokens, `S` tokens of text, `D` width, `V` vocabulary.
 */
import type { Tensor } from "../../graph/graph.ts";
import { withoutLimit } from "../../moe/dispatch/without-limit.ts";
import { dropout } from "../../nn/dropout.ts";
import { kaimingNormal } from "../../nn/initializers.ts";
import { linear } from "../../nn/linear.ts";
import type { Scope } from "../../nn/scope.ts";
import { gelu } from "../../ops/activation.ts";
import type { DecoderResult } from "../language-model.ts";
import {
  type MoeDecoderConfig,
  moeDecoder,
  moeDecoderPrefill,
} from "../moe-decoder/moe-decoder.ts";
import type { Prefix } from "../token-sequences.ts";
import { type VisionTowerConfig, visionTower } from "./vision.ts";

export interface SeeMoeConfig extends MoeDecoderConfig {
  readonly vision: VisionTowerConfig;
  /**
   * One linear layer, or two with GELU between them and a hidden width of 4 times the image
   * tokens'.
   */
  readonly projector: "mlp" | "linear";
}

/** Hidden width of the projector divided by the width of the vision transformer. */
const PROJECTOR_RATIO = 4;

/** Names of the modalities in losses and metrics. */
export const SEEMOE_MODALITIES = ["image", "text"] as const;

/**
 * Scores of every token of captions, and of the token after the last.
 *
 * Parameters under `vision`, `projector` and `decoder`.
 *
 * @param images `[B, channels, H, W]`
 * @param ids `[B, S]` int64
 * @param lengths `[B]` int64, tokens without padding
 * @returns `[B*(S+1), V]`; row `t` of an image scores token `t` of its caption
 * @example
 * const { model } = loadConfig("seemoe-shapes", trainConfigSchema);
 * const config = { ...model, vocabularySize: 30 };
 * const logits = (scope, { images, ids, lengths }) => seeMoe(scope, images, ids, lengths, config);
 * const inputs = {
 *   images: allocate("float32", [1, 3, 32, 32]),
 *   ids: array([[1, 2, 3]], "int64"),
 *   lengths: array([3], "int64"),
 * };
 * const { output } = await apply(logits, init(logits, inputs), inputs);
 * output.shape; // [4, 30]
 */
export function seeMoe(
  scope: Scope,
  images: Tensor,
  ids: Tensor,
  lengths: Tensor | undefined,
  config: SeeMoeConfig,
): Tensor {
  const prefix = visualTokens(scope, images, config);
  return moeDecoder(scope.child("decoder"), ids, config, lengths, prefix);
}

/**
 * Reads images and the start `[B, S]` of captions: scores of the next token, keys and values. No
 * token of image or text is dropped, so a caption does not depend on the rest of the batch.
 */
export function seeMoePrefill(
  scope: Scope,
  images: Tensor,
  ids: Tensor,
  lengths: Tensor,
  config: SeeMoeConfig,
): DecoderResult {
  const vision = { ...config.vision, moe: withoutLimit(config.vision.moe) };
  const prefix = visualTokens(scope, images, { ...config, vision });
  return moeDecoderPrefill(scope.child("decoder"), ids, lengths, config, prefix);
}

/** The visual tokens that the decoder reads, `[B*P, D]`. */
function visualTokens(scope: Scope, images: Tensor, config: SeeMoeConfig): Prefix {
  const { tokens, numTokens } = visionTower(scope.child("vision"), images, config.vision);
  return { tokens: project(scope.child("projector"), tokens, config), numTokens };
}

/** Parameters `fc1` and `fc2`, or `proj` for a linear projector. */
function project(
  scope: Scope,
  x: Tensor,
  { projector, vision, width, dropout: rate }: SeeMoeConfig,
) {
  const init = { weightInit: kaimingNormal() };
  if (projector === "linear") return linear(scope.child("proj"), x, width, init);
  const hidden = linear(scope.child("fc1"), x, PROJECTOR_RATIO * vision.width, init);
  return dropout(scope, linear(scope.child("fc2"), gelu(hidden), width, init), rate);
}
