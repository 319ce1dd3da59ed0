import { defined } from "../../graph/defined.ts";
import { usageError } from "../../graph/errors.ts";
import type { Tensor } from "../../graph/graph.ts";
import { type Dim, divideDim, product } from "../../graph/shape.ts";
import type { Initializer } from "../../nn/initializers.ts";
import { linear } from "../../nn/linear.ts";
import type { Scope } from "../../nn/scope.ts";
import { add, maximum, mul } from "../../ops/arithmetic.ts";
import { cast, greater, where } from "../../ops/compare.ts";
import { onesLike } from "../../ops/gather.ts";
import { slice } from "../../ops/join.ts";
import { reshape, transpose, unsqueeze } from "../../ops/reshape.ts";
import { cumulativeSum } from "../../ops/scan.ts";
import { softmax } from "../../ops/softmax.ts";
import { arange } from "../../ops/tile.ts";
import { topK } from "../../ops/top-k.ts";
import type { ExpertChoice } from "../routing.ts";
import { defineRouter } from "./define.ts";
import { addNoise, drawNoise, type RouterNoise } from "./noise.ts";
import { deviation, initOf, linearSettings, linearTensors, renamedNoise } from "./settings.ts";

export interface ExpertChoiceRoutingOptions {
  /** `C`, tokens that each expert selects from each group; `S * capacityFactor / E` in the paper. */
  readonly capacity: number;
  /** Tokens that each expert takes from each group if that is fewer, `[G]`: padding makes no room. */
  readonly room?: Tensor;
  /** Tokens per group, `S`; default: all tokens are one group. V-MoE makes an image a group. */
  readonly groupSize?: number;
  readonly noise?: RouterNoise | undefined;
  /** Selectable tokens, `[N]` bool; default all. Others get weight 0 if an expert selects them. */
  readonly mask?: Tensor;
}

export interface ExpertChoiceOptions extends Omit<ExpertChoiceRoutingOptions, "noise"> {
  readonly numExperts: number;
  /** Standard deviation of the noise on each logit, multiplied by the number of experts. Default 0. */
  readonly noiseScale?: number;
  /** Default false. */
  readonly bias?: boolean;
  readonly weightInit?: Initializer;
}

/**
 * Each expert selects the `C` tokens with its highest probabilities (Zhou et al.,
 * arXiv:2202.09368, section 3.2).
 *
 * `p = softmax over experts (logits)`; expert `e` selects the top `C` of column `e`, with weights
 * `p_e`. A token may have any number of experts, including none. In a causal model it leaks: the
 * selection of a token depends on later ones. Ties go to the earlier token.
 *
 * @param logits `[N, E]`
 * @returns ids and weights `[E, C]`, or `[E, G*C]` with groups: the tokens of group 0, then of group 1
 */
export function expertChoiceRouting(
  logits: Tensor,
  options: ExpertChoiceRoutingOptions,
): ExpertChoice {
  const { capacity, noise } = options;
  const probabilities = softmax(logits); // [N, E]
  const gates = noise === undefined ? probabilities : softmax(addNoise(logits, noise)); // [N, E]
  const numExperts = logits.shape[1] as number;
  return { numExperts, capacity, ...selectTokens(gates, options), probabilities, logits };
}

/**
 * The `C` tokens with the largest gates for each expert, and these gates.
 *
 * @param gates `[N, E]`, not negative
 * @returns `[E, C]`, or `[E, G*C]` with groups
 * @throws UserError (exit code 2) if the capacity exceeds a group or is below 1
 */
export function selectTokens(
  gates: Tensor,
  { capacity, groupSize: size, mask, room }: Omit<ExpertChoiceRoutingOptions, "noise">,
): Pick<ExpertChoice, "tokenIds" | "combineWeights"> {
  const [numTokens, numExperts] = gates.shape as [Dim, number];
  const groupSize = size ?? numTokens;
  if (
    !(Number.isInteger(capacity) && capacity >= 1) ||
    (typeof groupSize === "number" && capacity > groupSize)
  ) {
    const tokens = typeof groupSize === "number" ? groupSize : "known at run time";
    throw usageError(
      `capacity must be a whole number from 1 to the tokens of a group, got ${capacity} (tokens=${tokens}, experts=${numExperts}); change capacity_factor or the group size`,
    );
  }
  // Smaller than every gate, so that padding is selected last.
  const eligible = mask === undefined ? gates : where(unsqueeze(mask, 1), gates, -1);
  const numGroups = divideDim(numTokens, groupSize);
  const columns = transpose(reshape(eligible, [numGroups, groupSize, numExperts]), [2, 0, 1]); // [E, G, S]
  const { values, indices } = topK(columns, capacity); // [E, G, C]
  const shape = [numExperts, product([numGroups, capacity])];
  const positive = mask === undefined ? values : maximum(values, 0);
  const weights = room === undefined ? positive : where(hasRoom(capacity, room), positive, 0);
  return {
    tokenIds: reshape(toGlobal(indices, groupSize), shape), // [E, G*C]
    combineWeights: reshape(weights, shape), // [E, G*C]
  };
}

/** Which of the `C` places of a group are within its room, `[G, C]` bool. */
function hasRoom(capacity: number, room: Tensor): Tensor {
  const places = cast(arange(room.graph, capacity), "float32"); // [C]
  return greater(unsqueeze(room, 1), places);
}

/** Token ids within groups to ids among all tokens, `[E, G, C]`. */
function toGlobal(indices: Tensor, groupSize: Dim): Tensor {
  if (indices.shape[1] === 1 || typeof groupSize !== "number") return indices;
  const ones = onesLike(cast(slice(slice(indices, 0, 0, 1), 2, 0, 1), "float32")); // [1, G, 1]
  const starts = mul(cumulativeSum(ones, 1, { exclusive: true }), groupSize); // [1, G, 1]
  return add(indices, cast(starts, "int64"));
}

/**
 * Expert-choice routing with a linear router; parameter `weight` `[E, D]`.
 *
 * @param x `[N, D]`
 */
export function expertChoiceRouter(
  scope: Scope,
  x: Tensor,
  options: ExpertChoiceOptions,
): ExpertChoice {
  const { numExperts, noiseScale = 0, bias = false, weightInit } = options;
  const logits = linear(scope, x, numExperts, { bias, ...(weightInit && { weightInit }) }); // [N, E]
  const noise = drawNoise(scope, logits, noiseScale / numExperts);
  return expertChoiceRouting(logits, { ...options, noise });
}

export const expertChoice = defineRouter({
  name: "expert_choice",
  kind: "expert-choice",
  paper: "arXiv:2202.09368",
  description: "Each expert selects the tokens with its highest probabilities.",
  decides: "experts",
  settings: {
    noise_scale: deviation
      .default(0)
      .describe(
        "Standard deviation of the noise on each logit, multiplied by the number of experts.",
      ),
    ...linearSettings,
  },
  renamed: renamedNoise,
  selects: () => "all",
  gives: ["probabilities", "distribution"],
  tensors: linearTensors,
  requires: () => ({
    sequences: true,
    leak: "with the router expert_choice, whether an expert selects a token depends on later tokens",
  }),
  route: (scope, x, settings, { numExperts, capacity, groupSize, mask, room }) =>
    expertChoiceRouter(scope, x, {
      ...settings,
      ...initOf(settings),
      numExperts,
      capacity: capacity!,
      ...defined({ groupSize, mask, room }),
    }),
  examples: {
    picture: { settings: {}, dispatch: { name: "expert_choice", capacity_factor: 2 } },
    variants: [
      {
        title: "expert choice, factor 2",
        settings: {},
        dispatch: { name: "expert_choice", capacity_factor: 2 },
        balanced: true,
      },
    ],
    forms: [{ settings: {} }, { title: "with noise", settings: { noise_scale: 2 } }],
  },
});
