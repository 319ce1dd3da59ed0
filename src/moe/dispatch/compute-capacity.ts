/** Computes the capacity of an expert. */
import { usageError } from "../../graph/errors.ts";
import type { Tensor } from "../../graph/graph.ts";
import { add, div, maximum, minimum, mul, sub } from "../../ops/arithmetic.ts";
import { cast, greater } from "../../ops/compare.ts";

export interface CapacitySizes {
  /** `S`, tokens of one group. */
  readonly numTokens: number;
  /** `E` */
  readonly numExperts: number;
  /** `K`. Default 1. */
  readonly numSelectedExperts?: number;
  /** `c`, capacity relative to a perfectly even load. */
  readonly capacityFactor: number;
}

export interface CapacityOptions extends CapacitySizes {
  /** How a fraction of a token is rounded. Default `ceil`. */
  readonly rounding?: "ceil" | "round" | "floor";
  /** Rounds up to a multiple of this. Default 1. */
  readonly multipleOf?: number;
  /** Whether `K` is a factor: before rounding, after it, or not at all. Default true (before). */
  readonly includeSelected?: boolean | "after-rounding";
  /** Rounds `S / E` up before anything else. Default false. */
  readonly wholeShare?: boolean;
  /** Lower bound; it takes precedence over the maximum. */
  readonly minimum?: number;
  /** Upper bound. */
  readonly maximum?: number;
}

/**
 * Capacity of one expert in one group of tokens, `C = ceil(c K S / E)` by default.
 *
 * Public implementations differ in details. For S = 100, E = 8, K = 2, c = 1.25 (see `capacityPresets`):
 *
 * | who                   | formula                              |   C |
 * |-----------------------|--------------------------------------|----:|
 * | vmoe                  | `ceil(c K S / E)`, to a multiple of 4 |  32 |
 * | makeMoE               | `floor(c K S / E)`                   |  31 |
 * | tutel                 | `K floor(c ceil(S / E))`             |  32 |
 * | fairseq top-2         | `2 ceil(S / E)`, without `c`         |  26 |
 * | fairseq top-1, Switch | `floor(c ceil(S / E))`               |  16 |
 * | megablocks            | `floor(c K S / E)`                   |  31 |
 * | lucidrains            | `max(4, min(S, floor(c S / E)))`     |  15 |
 * | Diff-MoE 8137a2c      | `floor(2 K S / E)`                   |  50 |
 * | Diff-MoE ea1c2da      | `floor(1.5 S)`, which has no effect    | 150 |
 *
 * Tutel interprets c = 0 as "no limit", the dropless dispatcher. Expert choice uses `K = 1`.
 * A product within 1e-9 of a whole number counts as that number, so that `100 * 1.1` is 110.
 *
 * @throws UserError if the result is below 1
 */
export function computeCapacity(options: CapacityOptions): number {
  const { numTokens, numExperts, numSelectedExperts = 1, capacityFactor } = options;
  const { rounding = "ceil", multipleOf = 1, includeSelected = true } = options;
  const { wholeShare = false, minimum = 0, maximum = Infinity } = options;
  const share = wholeShare ? Math.ceil(numTokens / numExperts) : numTokens / numExperts;
  const exact = capacityFactor * share * (includeSelected === true ? numSelectedExperts : 1);
  const rounded =
    Math[rounding](snap(exact)) * (includeSelected === "after-rounding" ? numSelectedExperts : 1);
  const aligned = Math.ceil(rounded / multipleOf) * multipleOf;
  const capacity = Math.max(minimum, Math.min(maximum, aligned));
  if (!(capacity >= 1)) {
    throw usageError(
      `capacity must be >= 1, got ${capacity} (tokens=${numTokens}, experts=${numExperts}, selected=${numSelectedExperts}, capacity_factor=${capacityFactor}); raise capacity_factor or the batch size`,
    );
  }
  return capacity;
}

/**
 * The same for a number of tokens that is known only at run time, for example in evaluation, where
 * the batch size varies; at least 1. A preset receives an infinite number of tokens.
 *
 * @param numTokens whole numbers below 2^24, float32 of any shape
 * @returns float32 of the same shape
 */
export function runTimeCapacity(
  numTokens: Tensor,
  options: Omit<CapacityOptions, "numTokens">,
): Tensor {
  const { numExperts, numSelectedExperts = 1, capacityFactor } = options;
  const { rounding = "ceil", multipleOf = 1, includeSelected = true } = options;
  const { wholeShare = false, minimum: least = 1, maximum: most = Infinity } = options;
  const even = div(numTokens, numExperts);
  const share = wholeShare ? rounded(even, "ceil") : even;
  const factor = capacityFactor * (includeSelected === true ? numSelectedExperts : 1);
  const whole = mul(
    rounded(mul(share, factor), rounding),
    includeSelected === "after-rounding" ? numSelectedExperts : 1,
  );
  const aligned = mul(rounded(div(whole, multipleOf), "ceil"), multipleOf);
  return maximum(most === Infinity ? aligned : minimum(aligned, most), Math.max(1, least));
}

/** Rounds a number >= 0; a value within a relative 1e-5 of a whole number counts as that number. */
function rounded(x: Tensor, rounding: "ceil" | "round" | "floor"): Tensor {
  if (rounding === "round") return wholePart(add(x, 0.5));
  const nearest = wholePart(add(x, 0.5));
  const slack = mul(maximum(nearest, 1), 1e-5);
  const above = cast(greater(sub(x, nearest), slack), "float32");
  const below = cast(greater(sub(nearest, x), slack), "float32");
  return rounding === "ceil" ? add(nearest, above) : sub(nearest, below);
}

function wholePart(x: Tensor): Tensor {
  return cast(cast(x, "int64"), "float32");
}

function snap(x: number): number {
  const nearest = Math.round(x);
  return Math.abs(x - nearest) <= 1e-9 * Math.max(1, nearest) ? nearest : x;
}

type Preset = (sizes: CapacitySizes) => CapacityOptions;

const floored: Preset = (sizes) => ({ ...sizes, rounding: "floor" });

/** Options of `computeCapacity` in public implementations. */
export const capacityPresets = {
  /** google-research/vmoe, `compute_capacity`. */
  vmoe: (sizes) => ({ ...sizes, multipleOf: 4 }),
  makemoe: floored,
  megablocks: floored,
  tutel: (sizes) => ({
    ...sizes,
    rounding: "floor",
    wholeShare: true,
    includeSelected: "after-rounding",
  }),
  /** Two experts per token, without a capacity factor. */
  fairseq_top2: (sizes) => ({
    ...sizes,
    numSelectedExperts: 2,
    capacityFactor: 1,
    wholeShare: true,
  }),
  /** Also used by Switch Transformer. */
  fairseq_top1: (sizes) => ({
    ...sizes,
    rounding: "floor",
    wholeShare: true,
    includeSelected: false,
  }),
  /** st-moe-pytorch: the number of selected experts is not a factor. */
  lucidrains: (sizes) => ({
    ...sizes,
    rounding: "floor",
    includeSelected: false,
    minimum: 4,
    maximum: sizes.numTokens,
  }),
  /** Diff-MoE, commit 8137a2c: a fixed factor of 2. */
  diff_moe_8137a2c: (sizes) => ({ ...sizes, rounding: "floor", capacityFactor: 2 }),
  /** Diff-MoE, commit ea1c2da: larger than the number of tokens, so nothing is dropped. */
  diff_moe_ea1c2da: (sizes) => ({
    ...sizes,
    rounding: "floor",
    includeSelected: false,
    capacityFactor: 1.5 * sizes.numExperts,
  }),
} as const satisfies Readonly<Record<string, Preset>>;

export type CapacityPreset = keyof typeof capacityPresets;
