/**
 * A decoder of today: RMS norms before attention and experts, rotary positions, heads that share keys
 * and values, gated experts (Mixtral, arXiv:2401.04088; OLMoE, arXiv:2409.02060; Qwen3-MoE; gpt-oss).
 * With `moe_layers: none` it is the dense decoder of Llama (arXiv:2302.13971).
 *
 * Generation has no expert capacity limit, so that outputs do not depend on how many tokens are read at once.
 *
 * Axes: `B` sequences, `S` tokens, `D` width, `V` vocabulary, `L` context length, `G` heads of keys and
 * values, `W` width of a head.
 */
import type { Tensor } from "../../graph/graph.ts";
import { type Dim, product } from "../../graph/shape.ts";
import { withoutLimit } from "../../moe/dispatch/without-limit.ts";
import { groupedAttention, groupedDecode } from "../../nn/attention/grouped-attention.ts";
import { type KeyValues, lengthBias } from "../../nn/attention/kv-cache.ts";
import { latentAttention, latentDecode } from "../../nn/attention/latent-attention.ts";
import { type Rotation, rotation } from "../../nn/attention/rotary.ts";
import { embedding } from "../../nn/embedding.ts";
import { normalOf } from "../../nn/initializers.ts";
import { linear } from "../../nn/linear.ts";
import { rmsNorm } from "../../nn/rms-norm.ts";
import type { Scope } from "../../nn/scope.ts";
import { mul, sub } from "../../ops/arithmetic.ts";
import { affine } from "../../ops/matmul.ts";
import { reshape } from "../../ops/reshape.ts";
import { arange } from "../../ops/tile.ts";
import { causalBias } from "../../ops/triangle.ts";
import type { DecoderResult } from "../language-model.ts";
import { flatten, lastTokens, requireContext, tokenMask } from "../token-sequences.ts";
import { decoderBlocks } from "./blocks.ts";
import type { DecoderConfig } from "./settings.ts";

/**
 * Scores of the token after each position.
 *
 * Parameters `token_embedding.weight` `[V, D]`, `blocks.i`, `norm.weight`, and `head.weight` `[V, D]` unless
 * embeddings are tied.
 *
 * @param ids `[B, S]` int64, `S <= L`
 * @param lengths `[B]` int64, tokens per sequence; the rest is padding, which is not routed
 * @returns `[B*S, V]`
 * @throws UserError (exit code 2) for more tokens than the context has
 * @example
 * const own = "model={system: decoder, width: 16, num_layers: 1, num_heads: 2}";
 * const { model } = loadConfig("makemoe-shakespeare", trainConfigSchema, { overrides: [own] });
 * const { logits } = createDecoderModel(model, { vocabularySize: 9 });
 * const inputs = { ids: array([[1, 2, 3]], "int64") };
 * const scores = (scope, { ids }) => logits(scope, ids);
 * const { output } = await apply(scores, init(scores, inputs), inputs);
 * output.shape; // [3, 9]
 */
export function decoder(
  scope: Scope,
  ids: Tensor,
  config: DecoderConfig,
  lengths?: Tensor,
): Tensor {
  const { x } = readSequences(scope, ids, config, lengths);
  return head(scope, x, config);
}

/**
 * Reads the start of sequences: scores after the last token of each, keys and values of all tokens.
 *
 * @param ids `[B, S]` int64, `S <= L`
 * @param lengths `[B]` int64, from 1 to S
 *
 * No example: `createDecoder` of `moesaic/evaluate` calls it.
 */
export function decoderPrefill(
  scope: Scope,
  ids: Tensor,
  lengths: Tensor,
  config: DecoderConfig,
): DecoderResult {
  const moe = withoutLimit(config.moe);
  const { x, cache } = readSequences(scope, ids, { ...config, moe }, lengths);
  const last = lastTokens(x, lengths, ids.shape[1] as number); // [B, D]
  return { logits: head(scope, last, config), cache };
}

/**
 * Reads the next token of each sequence.
 *
 * @param ids `[B]` int64
 * @param positions `[B]` int64, number of cached tokens of each sequence
 * @param past `[B, G, L, W]` per layer
 * @returns scores `[B, V]`, and keys and values of the new tokens `[B, G, 1, W]`
 *
 * No example: `createDecoder` of `moesaic/evaluate` calls it.
 */
export function decoderStep(
  scope: Scope,
  ids: Tensor,
  positions: Tensor,
  past: readonly KeyValues[],
  config: DecoderConfig,
): DecoderResult {
  const { contextLength, attention } = config;
  const angles = rotation(positions, rotaryOf(config)); // [B, W/2]
  const perToken = (x: Tensor): Tensor =>
    reshape(x, [positions.shape[0]!, 1, 1, x.shape[1] as number]);
  const turned = { cosines: perToken(angles.cosines), sines: perToken(angles.sines) };
  const cache: KeyValues[] = [];
  const x = decoderBlocks(scope, embed(scope, ids, config), {
    config: { ...config, moe: withoutLimit(config.moe) },
    numTokens: 1,
    tokens: { ids },
    attention: (at, normed, i) => {
      const window = windowOf(config, i);
      const first = window === undefined ? undefined : sub(positions, window - 1); // [B]
      const hidden = lengthBias(positions, contextLength, first);
      const options = { ...headsOf(config), rotation: turned, hidden, ...attention };
      const { latent } = attention;
      const { output, keys, values } =
        latent === undefined
          ? groupedDecode(at, normed, past[i]!, options)
          : latentDecode(at, normed, past[i]!, { ...options, latent });
      cache[i] = { keys, values };
      return output;
    },
  });
  return { logits: head(scope, x, config), cache };
}

function readSequences(
  scope: Scope,
  ids: Tensor,
  config: DecoderConfig,
  lengths: Tensor | undefined,
): { readonly x: Tensor; readonly cache: readonly KeyValues[] } {
  const [batch, numTokens] = ids.shape as [Dim, number];
  requireContext("sequences", numTokens, config.contextLength);
  const turned: Rotation = rotation(arange(scope.graph, numTokens), rotaryOf(config)); // [S, W/2]
  const mask = lengths && tokenMask(lengths, numTokens); // [B*S]
  const cache: KeyValues[] = [];
  const embedded = embed(scope, reshape(ids, [product([batch, numTokens])]), config);
  const x = decoderBlocks(scope, embedded, {
    config,
    numTokens,
    tokens: { ids: flatten(ids), mask },
    attention: (at, normed, i) => {
      const bias = causalBias(scope.graph, numTokens, windowOf(config, i));
      const options = { ...headsOf(config), rotation: turned, bias, ...config.attention };
      const { latent } = config.attention;
      const { output, keys, values } =
        latent === undefined
          ? groupedAttention(at, normed, { ...options, numTokens })
          : latentAttention(at, normed, { ...options, numTokens, latent });
      cache[i] = { keys, values };
      return output;
    },
  });
  return { x, cache };
}

/** `[n]` int64 to `[n, D]`. */
function embed(scope: Scope, ids: Tensor, config: DecoderConfig): Tensor {
  const { vocabularySize: numEmbeddings, width, initStd, multipliers } = config;
  const at = scope.child("token_embedding");
  const x = embedding(at, ids, { numEmbeddings, width, init: normalOf(initStd) });
  return multipliers.embedding === 1 ? x : mul(x, multipliers.embedding);
}

function head(scope: Scope, x: Tensor, config: DecoderConfig): Tensor {
  const { vocabularySize, width, initStd, tieEmbeddings, multipliers, normEpsilon } = config;
  const normed = rmsNorm(scope.child("norm"), x, normEpsilon);
  const weightInit = normalOf(initStd);
  const logits = tieEmbeddings
    ? affine(
        normed,
        scope.child("token_embedding").parameter("weight", [vocabularySize, width], weightInit),
      )
    : linear(scope.child("head"), normed, vocabularySize, { bias: false, weightInit });
  return multipliers.logits === 1 ? logits : mul(logits, multipliers.logits);
}

function headsOf({ numHeads, numKeyValueHeads, headWidth, normEpsilon, initStd }: DecoderConfig) {
  const sizes = { numHeads, numKeyValueHeads, headWidth };
  return { ...sizes, normEpsilon, weightInit: normalOf(initStd) };
}

function rotaryOf({ rotary, headWidth, attention }: DecoderConfig) {
  const { theta, share, scaling } = rotary;
  const width = attention.latent?.rotaryWidth ?? Math.round(headWidth * share);
  return { width, theta, ...(scaling && { scaling }) };
}

/** Number of tokens that block `index` sees, or undefined for all earlier ones. */
function windowOf({ attention }: DecoderConfig, index: number): number | undefined {
  const { window, windowLayers = "all" } = attention;
  return windowLayers === "all" || windowLayers.includes(index) ? window : undefined;
}
