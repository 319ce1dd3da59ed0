/**
 * SeeMoE: an image in, text out (github.com/AviSoori1x/seemore, commit d1eb880, re-written). A vision
 * transformer reads the image, a projector brings what it saw to the width of a causal decoder with a
 * mixture of experts in every block, and the decoder goes on from there word by word.
 *
 * With the published sizes and 66 symbols it has the original's 20,300,354 parameters: 9,866,752 of
 * the vision transformer, 1,312,896 of the projector, the rest of the decoder. What the original gets
 * wrong and this does not:
 * - Its blocks, those of the vision transformer too, add the feed-forward layer to the normed input, so
 *   that what came before is lost after every block. Here it is added to the stream itself.
 * - Router noise stays on in evaluation, so that the same image and text give another loss every time.
 *   Here noise is drawn in training only.
 * - Its targets are shifted twice over: the first character of a caption is never a target. Here the
 *   last visual token predicts it (the start token does, where the vocabulary has one).
 * - Padding counts as text to be learnt. Here padding is neither a target, nor seen, nor routed.
 * - Its generation adds positions anew at every step to states that the decoder has already changed,
 *   leaves out the last norm, never stops and runs out of its position table. Here the decoder reads the
 *   image once, keeps keys and values, and ends at the end token or at the end of its context.
 * - Scores of attention are divided by the root of the model's width instead of the head's, which
 *   flattens attention by the root of the number of heads. Here it is the head's (arXiv:1706.03762,
 *   section 3.2.1); `attention_scale: model` restores the other for the decoder.
 * - An unknown character is an exception. Here the tokenizer's unknown token stands for it.
 * - The vision transformer uses ReLU, meant for the decoder, because a flag is never set. The settings
 *   say which; the recipe of the published sizes keeps ReLU.
 *
 * It also departs in how weights begin: those of the decoder and the projector are Kaiming normal as in
 * the original, those of the vision transformer are this library's, for image models learn with them at
 * higher rates. The class token and its position are two parameters, of which one would do; the published
 * count has both.
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
  /** One linear map, or two with GELU between them, four times as wide as the image's tokens. */
  readonly projector: "mlp" | "linear";
}

/** Hidden width of the projector over that of the vision transformer. */
const PROJECTOR_RATIO = 4;

/** What the tokens are called in losses and metrics. */
export const SEEMOE_MODALITIES = ["image", "text"] as const;

/**
 * Scores of every token of captions, and of what follows them.
 *
 * Parameters under `vision`, `projector` and `decoder`.
 *
 * @param images `[B, channels, H, W]`
 * @param ids `[B, S]` int64
 * @param lengths `[B]` int64, tokens that are no padding
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
 * Reads images and the beginnings `[B, S]` of captions: scores of the next token, keys and values. No
 * token is dropped, those of the images included: a caption does not depend on what is read with it.
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

/** What the decoder sees of images: `[B*P, D]`. */
function visualTokens(scope: Scope, images: Tensor, config: SeeMoeConfig): Prefix {
  const { tokens, numTokens } = visionTower(scope.child("vision"), images, config.vision);
  return { tokens: project(scope.child("projector"), tokens, config), numTokens };
}

/** Parameters `fc1` and `fc2`, or `proj` of the linear one. */
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
