/**
 * Features of an image or a text from its tokens.
 *
 * Axes: `B` pairs, `S` tokens, `D` width.
 */
import type { Tensor } from "../../graph/graph.ts";
import { type Dim, product } from "../../graph/shape.ts";
import { createMoe } from "../../moe/create-moe.ts";
import { crossAttention } from "../../nn/attention/attention.ts";
import { truncatedNormal } from "../../nn/initializers.ts";
import { layerNorm } from "../../nn/layer-norm.ts";
import type { Scope } from "../../nn/scope.ts";
import { add } from "../../ops/arithmetic.ts";
import { concat, slice, split } from "../../ops/join.ts";
import { reduceMean } from "../../ops/reduce.ts";
import { expand, reshape, squeeze } from "../../ops/reshape.ts";
import { lastTokens, meanOfTokens, tokenMask } from "../token-sequences.ts";
import type { Segment } from "./tower.ts";
import { type LimoeConfig, towerOf } from "./tower-config.ts";

/**
 * Features of each sample, `[B, D]`, or `[B, 2D]` for the class token and the mean of the patches.
 *
 * @param tokens `[B, S, D]`
 */
export function pooledTokens(
  scope: Scope,
  { modality, lengths }: Segment,
  tokens: Tensor,
  config: LimoeConfig,
): Tensor {
  return modality === "image"
    ? poolImage(scope, tokens, config)
    : poolText(tokens, lengths, config.textTower?.pool ?? "mean");
}

/** Features of images from their patches and the class token, if there is one, which comes last. */
function poolImage(scope: Scope, tokens: Tensor, config: LimoeConfig): Tensor {
  const { classToken = false, pool = "mean" } = config.imageTower ?? {};
  if (pool === "map") return attentionPool(scope.child("image_tower"), tokens, config);
  if (!classToken) return reduceMean(tokens, 1); // [B, D]
  const numPatches = (tokens.shape[1] as number) - 1;
  const [patches, token] = split(tokens, [numPatches, 1], 1) as [Tensor, Tensor];
  if (pool === "mean") return reduceMean(patches, 1);
  const first = squeeze(token, 1); // [B, D]
  return pool === "cls" ? first : concat([first, reduceMean(patches, 1)], 1); // [B, 2D]
}

/**
 * Attention pooling: a learned query over all tokens, then a residual dense layer (MAP,
 * arXiv:1810.00825, arXiv:2106.04560). Parameters under `attn_pool` with timm's names: `latent`
 * `[1, 1, D]`, `q`, `kv`, `proj`, `norm` and `mlp`.
 */
function attentionPool(scope: Scope, tokens: Tensor, config: LimoeConfig): Tensor {
  const { numHeads, normEpsilon, initStd, moe } = towerOf(config, "image");
  const [batch, numKeys, width] = tokens.shape as [Dim, number, number];
  const at = scope.child("attn_pool");
  const weightInit = truncatedNormal(initStd);
  const latent = at.parameter("latent", [1, 1, width], weightInit, { decay: false });
  const query = squeeze(expand(latent, slice(tokens, 1, 0, 1)), 1); // [B, D]
  const rows = reshape(tokens, [product([batch, numKeys]), width]); // [B*S, D]
  const heads = { numHeads, numTokens: 1, numKeys, weightInit };
  const x = crossAttention(at, query, rows, heads); // [B, D]
  const normed = layerNorm(at.child("norm"), x, normEpsilon);
  const dense = createMoe({ ...moe, losses: [] }, { width, numTokens: 1 });
  return add(x, dense.applyDense(at.child("mlp"), normed));
}

/** @param lengths `[B]`; undefined if there is no padding */
function poolText(
  tokens: Tensor,
  lengths: Tensor | undefined,
  pool: "mean" | "cls" | "last",
): Tensor {
  const [batch, numTokens, width] = tokens.shape as [Dim, number, number];
  if (pool === "cls") return squeeze(slice(tokens, 1, 0, 1), 1); // [B, D]
  if (lengths === undefined) {
    return pool === "mean" ? reduceMean(tokens, 1) : squeeze(slice(tokens, 1, -1), 1);
  }
  const rows = reshape(tokens, [product([batch, numTokens]), width]);
  if (pool === "last") return lastTokens(rows, lengths, numTokens);
  return meanOfTokens(rows, tokenMask(lengths, numTokens), lengths, numTokens);
}
