/** Settings and tensors shared by several routers. */
import * as z from "zod";
import { type Initializer, normalOf } from "../../nn/initializers.ts";
import type { Ingredient } from "../losses/define.ts";
import type { MoeSizes } from "../routing.ts";
import type { ExpertAxis, TensorLayout } from "./define.ts";

export const count = z.int().positive();
export const rate = z.number().min(0).lt(1);
export const deviation = z.number().nonnegative();
export const normalization = z.enum(["sum", "none"]);

/** Standard deviation of the initial weights, 0 for zeros; each method has its own default. */
export const initStd = deviation.optional();

/** Settings of the linear map from tokens to logits. */
export const linearSettings = {
  bias: z.boolean().default(false).describe("Whether the linear map has a bias."),
  init_std: initStd.describe("Standard deviation of the initial weights."),
};

/** The setting `noise_scale` had this name, which now means the deviation of each logit.  */
export const renamedNoise = { noise_std: { key: "noise_scale" } } as const;

/** The router option that corresponds to `init_std`. */
export function initOf({ initStd: std }: { readonly initStd?: number | undefined }): {
  readonly weightInit?: Initializer;
} {
  return std === undefined ? {} : { weightInit: normalOf(std) };
}

/** One row per expert. */
export const rows: ExpertAxis = { axis: 0 };

/** Tensors of a linear map from tokens to logits. */
export const linearTensors: TensorLayout = { weight: rows, bias: rows };

/** Quantities that a softmax over experts and a choice provide to losses. */
export const scored: readonly Ingredient[] = ["probabilities", "distribution", "choices"];

/** The problem of a single selected expert with a normalised weight, or undefined. */
export function lonelyWeight(
  { numExperts, numSelectedExperts }: MoeSizes,
  remedy: string,
): string | undefined {
  if (numExperts === 1 || numSelectedExperts > 1) return undefined;
  return `with one selected expert, its normalised weight is always 1 and the router gets no gradient from the output; choose ${remedy}, or select more experts`;
}

/** The same check for a router whose `normalization` is `sum`. */
export function lonelySum(
  settings: { readonly normalization?: "sum" | "none" | undefined },
  sizes: MoeSizes,
): string | undefined {
  if (settings.normalization !== "sum") return undefined;
  return lonelyWeight(sizes, "router.normalization none");
}

/** The loss of the documentation's comparison for routers that need one. */
export const evenLoss = { name: "balance", weight: 0.02, choices: "mean" } as const;
