/**
 * SF-MoE and GMoE: a vision transformer of sparse blocks (with experts) and fusion blocks (dense) for
 * domain generalisation (arXiv:2206.04046; code: github.com/Luodian/Generalizable-Mixture-of-Experts,
 * rewritten).
 *
 * Default settings are GMoE-S/16: the blocks of DeiT-S, six experts in blocks 8 and 10, a cosine
 * router that selects one expert, a capacity factor of 1.5 with batch priority, and the mean of
 * importance and load losses with weight 0.01 in each layer. Parameters have the names of timm's
 * `vision_transformer`, so that its weights can initialise a model (`init_from.upcycle`).
 *
 * Differences from the published code:
 * - Its load loss, tutel's `load_importance_loss`, compares softmax probabilities with thresholds
 *   that are noisy logits. Here both are logits (V-MoE, arXiv:2106.05974, appendix A.2).
 * - It samples SF-MoE's second expert in evaluation too. Here the default of `evaluation_policy` is a
 *   threshold, so that results are reproducible.
 * - Its Adam adds weight decay to the gradient; recipes here use decoupled decay (AdamW).
 * - It puts the class token before the patches. Here the class token comes last, so that patch
 *   indices are token indices. The results are equal except for ties of gates and
 *   `priority: token`.
 * - It uses timm's initial weights, truncated normal with deviation 0.02. Here initial weights are this
 *   library's, which suit small models.
 *
 * The weight of a single selected expert is its probability, about 1/6 at first, which scales down
 * the output of upcycled dense layers. The published code does the same; it normalises the weights
 * only for two or more experts.
 *
 * Axes: `B` images, `S` patches, `P` class tokens, `T = S + P` tokens, `D` width, `C` classes.
 */

import type { Tensor } from "../../graph/graph.ts";
import { type Dim, divideDim, product } from "../../graph/shape.ts";
import { createMoe } from "../../moe/create-moe.ts";
import type { MoeSettings } from "../../moe/settings.ts";
import { selfAttention } from "../../nn/attention/attention.ts";
import { convStem } from "../../nn/conv-stem.ts";
import { dropPath, dropPathRate } from "../../nn/drop-path.ts";
import { dropout } from "../../nn/dropout.ts";
import { truncatedNormal } from "../../nn/initializers.ts";
import { layerNorm } from "../../nn/layer-norm.ts";
import { linear } from "../../nn/linear.ts";
import { patchEmbed } from "../../nn/patch-embed.ts";
import { positionTable } from "../../nn/positions.ts";
import { resnetStem } from "../../nn/resnet-stem.ts";
import type { Scope } from "../../nn/scope.ts";
import { add, mul } from "../../ops/arithmetic.ts";
import { concat, slice, split } from "../../ops/join.ts";
import { reduceMean } from "../../ops/reduce.ts";
import { expand, reshape, squeeze } from "../../ops/reshape.ts";
import { transformerBlocks } from "../transformer-blocks.ts";
import { type BlockPattern, sparseBlocks } from "./pattern.ts";

export interface SfMoeConfig {
  readonly patchSize: number;
  /** Patch embedding: one linear layer, a convolution stem, or a residual network (hybrid). */
  readonly stem: "linear" | "conv" | "resnet";
  /** The residual network: blocks per stage, and channels after the first convolution. */
  readonly resnet: { readonly layers: readonly number[]; readonly channels: number };
  readonly width: number;
  readonly numLayers: number;
  readonly numHeads: number;
  readonly numClasses: number;
  /** Which blocks are sparse. */
  readonly blocks: BlockPattern;
  /** Hidden width of fusion blocks divided by `D`. Default: the experts' ratio. */
  readonly fusionRatio?: number | undefined;
  /** Input of the head: a class token, the mean of the patches, or both one after the other. */
  readonly pool: "cls" | "mean" | "cls_mean";
  /** Added to the variance in norms. */
  readonly normEpsilon: number;
  /** A second class token with its own head; logits are the mean of both (arXiv:2012.12877). */
  readonly distilled: boolean;
  /** Stochastic depth rate of the last block; rates increase linearly from 0. */
  readonly dropPath: number;
  /** Dropout rate before the head. */
  readonly headDropout: number;
  readonly moe: MoeSettings;
}

/** Names of the class tokens of an image, which follow its patches. */
export function classTokens({ pool, distilled }: Pick<SfMoeConfig, "pool" | "distilled">) {
  if (pool === "mean") return [];
  return distilled ? ["cls_token", "dist_token"] : ["cls_token"];
}

/**
 * Class logits of images.
 *
 * @param images `[B, channels, H, W]`
 * @returns `[B, C]`
 * @example
 * const { model } = loadConfig("gmoe-shapes-domains", trainConfigSchema);
 * const logits = (scope, { images }) => sfMoe(scope, images, { ...model, numClasses: 8 });
 * const inputs = { images: allocate("float32", [2, 3, 32, 32]) };
 * const { output } = await apply(logits, init(logits, inputs), inputs);
 * output.shape; // [2, 8]
 */
export function sfMoe(scope: Scope, images: Tensor, config: SfMoeConfig): Tensor {
  const { width, numHeads, numLayers, moe, normEpsilon } = config;
  const embedded = embedTokens(scope, images, config); // [B, T, D]
  const [batch, numTokens] = embedded.shape as [Dim, number, number];
  const layer = createMoe(moe, { width, numTokens });
  const fusion = createMoe(fusionSettings(config), { width, numTokens });
  let x = reshape(embedded, [product([batch, numTokens]), width]); // [B*T, D]
  x = transformerBlocks(scope, x, {
    numLayers,
    sparse: sparseBlocks(config.blocks, numLayers),
    layer: { apply: layer.apply, applyDense: fusion.applyDense },
    tokens: {},
    attention: (at, normed) => selfAttention(at, normed, { numTokens, numHeads }),
    branch: (at, y, index) =>
      dropPath(at, y, dropPathRate(config.dropPath, index, numLayers), { numTokens }),
    normEpsilon,
  });
  x = layerNorm(scope.child("norm"), x, normEpsilon);
  return classify(scope, reshape(x, embedded.shape), config);
}

/** Embeds patches and class tokens with positions; `pos_embed` starts with class token positions. */
function embedTokens(scope: Scope, images: Tensor, config: SfMoeConfig): Tensor {
  const { width } = config;
  const batch = images.shape[0] as Dim;
  const patches = embedPatches(scope.child("patch_embed"), images, config); // [B*S, D]
  const numPatches = divideDim(patches.shape[0]!, batch) as number; // S
  const names = classTokens(config);
  const init = truncatedNormal(0.02);
  const table = [1, names.length + numPatches, width];
  const position = positionTable(scope, "pos_embed", table, init); // [1, P+S, D]
  const placed = add(
    reshape(patches, [batch, numPatches, width]),
    slice(position, 1, names.length),
  ); // [B, S, D]
  const tokens = names.map((name, i) => {
    const token = scope.parameter(name, [1, 1, width], init, { decay: false });
    return expand(add(token, slice(position, 1, i, i + 1)), slice(placed, 1, 0, 1)); // [B, 1, D]
  });
  return tokens.length === 0 ? placed : concat([placed, ...tokens], 1);
}

function embedPatches(scope: Scope, images: Tensor, config: SfMoeConfig): Tensor {
  const { patchSize, width, stem, resnet } = config;
  switch (stem) {
    case "linear":
      return patchEmbed(scope, images, { patchSize, width });
    case "conv":
      return convStem(scope, images, { patchSize, width });
    case "resnet":
      return resnetStem(scope, images, { patchSize, width, ...resnet });
  }
}

/** The mixture settings with the hidden width of fusion blocks. */
function fusionSettings({ moe, fusionRatio }: SfMoeConfig): MoeSettings {
  if (fusionRatio === undefined) return moe;
  const { hiddenWidth: _, ...experts } = moe.experts as MoeSettings["experts"] & {
    hiddenWidth?: number;
  };
  return { ...moe, experts: { ...experts, mlpRatio: fusionRatio } as MoeSettings["experts"] };
}

/** @param x `[B, T, D]`, patches first */
function classify(scope: Scope, x: Tensor, config: SfMoeConfig): Tensor {
  const { pool, distilled, numClasses, headDropout, width } = config;
  const [batch, numTokens] = x.shape as [Dim, number, number];
  const head = (name: string, features: Tensor): Tensor => {
    const at = scope.child(name);
    return linear(at, dropout(at, features, headDropout), numClasses); // [B, C]
  };
  if (pool === "mean") return head("head", scope.tap("features", reduceMean(x, 1)));
  if (pool === "cls_mean") {
    const [patches, token] = split(x, [numTokens - 1, 1], 1) as [Tensor, Tensor];
    const both = concat([squeeze(token, 1), reduceMean(patches, 1)], 1); // [B, 2D]
    return head("head", scope.tap("features", both));
  }
  const names = distilled ? ["head", "head_dist"] : ["head"];
  const logits = names.map((name, i) => {
    const at = numTokens - names.length + i;
    const token = reshape(slice(x, 1, at, at + 1), [batch, width]);
    return head(name, i === 0 ? scope.tap("features", token) : token);
  });
  return distilled ? mul(add(logits[0]!, logits[1]!), 0.5) : logits[0]!;
}
