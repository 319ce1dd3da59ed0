/**
 * The models that the benchmarks time: a vision transformer over 28x28 images, with mixture-of-experts
 * or dense blocks. Parameter names and layouts are PyTorch's.
 *
 * Axes: B images, S = 49 patches, D width, E experts, K selected experts.
 */

import { writeFile } from "node:fs/promises";
import { encodeSafetensors } from "../src/formats/safetensors.ts";
import { allocate, elementCount, type NdArray } from "../src/graph/array.ts";
import { foldIn, integers, key, normal } from "../src/random/index.ts";

export interface CaseConfig {
  readonly width: number;
  readonly batchSize: number;
  /** 0 makes every block dense, with one MLP of an expert's width. */
  readonly experts: number;
  readonly selected: number;
}

/** Sizes shared by all models. */
export const fixed = {
  imageSize: 28,
  patchSize: 4,
  tokens: 49,
  blocks: 4,
  heads: 8,
  classes: 10,
  mlpRatio: 4,
} as const;

/** AdamW settings on every side; weight decay applies to all parameters. */
export const adamw = { lr: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.01 } as const;

export const defaultWidths: readonly number[] = [64, 128, 256, 512];

/** Batch size for a width: 16 images up to width 64, otherwise 64. */
export function batchSizeOf(width: number): number {
  return width <= 64 ? 16 : 64;
}

/** Shape of every parameter, in the order of PyTorch's state dictionary. */
export function parameterShapes(config: CaseConfig): Map<string, readonly number[]> {
  const { width, experts } = config;
  const hidden = fixed.mlpRatio * width;
  const shapes = new Map<string, readonly number[]>();
  const linear = (name: string, outputs: number, inputs: number): void => {
    shapes.set(`${name}.weight`, [outputs, inputs]);
    shapes.set(`${name}.bias`, [outputs]);
  };
  const norm = (name: string): void => {
    shapes.set(`${name}.weight`, [width]);
    shapes.set(`${name}.bias`, [width]);
  };
  const mlp = (name: string): void => {
    linear(`${name}.fc1`, hidden, width);
    linear(`${name}.fc2`, width, hidden);
  };

  shapes.set("pos_embed", [1, fixed.tokens, width]);
  shapes.set("patch_embed.proj.weight", [width, 1, fixed.patchSize, fixed.patchSize]);
  shapes.set("patch_embed.proj.bias", [width]);
  for (let block = 0; block < fixed.blocks; block++) {
    const prefix = `blocks.${block}`;
    norm(`${prefix}.norm1`);
    linear(`${prefix}.attn.qkv`, 3 * width, width);
    linear(`${prefix}.attn.proj`, width, width);
    norm(`${prefix}.norm2`);
    if (experts === 0) {
      mlp(`${prefix}.mlp`);
    } else {
      shapes.set(`${prefix}.moe.router.weight`, [experts, width]);
      for (let e = 0; e < experts; e++) mlp(`${prefix}.moe.experts.${e}`);
    }
  }
  norm("norm");
  linear("head", fixed.classes, width);
  return shapes;
}

/** Weights drawn from (seed, name): normal with deviation 1/sqrt(fan in), norms 1, biases 0. */
export function makeWeights(config: CaseConfig, seed = 0): Map<string, NdArray<"float32">> {
  const weights = new Map<string, NdArray<"float32">>();
  for (const [name, shape] of parameterShapes(config)) {
    const array = allocate("float32", shape);
    if (name === "pos_embed") fillNormal(array, name, seed, 0.02);
    else if (shape.length > 1) fillNormal(array, name, seed, elementCount(shape.slice(1)) ** -0.5);
    else if (/norm\d?\.weight$/.test(name)) array.data.fill(1);
    weights.set(name, array);
  }
  return weights;
}

export interface Batch {
  /** float32 [B, 1, 28, 28]. */
  readonly images: NdArray<"float32">;
  /** int64 [B]. */
  readonly labels: NdArray<"int64">;
}

/** One fixed batch of noise images with random labels. */
export function makeBatch(batchSize: number, seed = 0): Batch {
  const images = allocate("float32", [batchSize, 1, fixed.imageSize, fixed.imageSize]);
  fillNormal(images, "images", seed, 1);
  const labels = allocate("int64", [batchSize]);
  const classes = integers(foldIn(key(seed), "labels"), batchSize, 0, fixed.classes);
  classes.forEach((label, i) => {
    labels.data[i] = BigInt(label);
  });
  return { images, labels };
}

/** Writes arrays as one safetensors file. */
export async function writeTensors(
  path: string,
  tensors: ReadonlyMap<string, NdArray>,
): Promise<void> {
  await writeFile(path, encodeSafetensors(tensors));
}

function fillNormal(
  target: NdArray<"float32">,
  name: string,
  seed: number,
  deviation: number,
): void {
  normal(foldIn(key(seed), name), target.data);
  for (let i = 0; i < target.data.length; i++) target.data[i]! *= deviation;
}
