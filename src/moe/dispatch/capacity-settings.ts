import { defined } from "../../graph/defined.ts";
import type { Tensor } from "../../graph/graph.ts";
import { type Dim, divideDim } from "../../graph/shape.ts";
import { mul } from "../../ops/arithmetic.ts";
import { cast } from "../../ops/compare.ts";
import { onesLike } from "../../ops/gather.ts";
import { reduceMax, reduceSum } from "../../ops/reduce.ts";
import { reshape, unsqueeze } from "../../ops/reshape.ts";
import { countTokens } from "../losses/tokens.ts";
import type { Routing } from "../routing.ts";
import {
  type CapacityOptions,
  type CapacitySizes,
  capacityPresets,
  computeCapacity,
  runTimeCapacity,
} from "./compute-capacity.ts";
import type { DispatchSettings } from "./config.ts";
import type { CapacityLimit } from "./limit-capacity.ts";

export type CapacitySettings = Extract<DispatchSettings, { readonly name: "capacity" }>;
export type ExpertChoiceSettings = Extract<DispatchSettings, { readonly name: "expert_choice" }>;

export interface CapacityContext {
  readonly training: boolean;
  /** `S`, tokens per sequence. */
  readonly numTokens?: number | undefined;
  /** Which tokens there are, `[N]` bool: padding makes no room. */
  readonly mask?: Tensor | undefined;
}

/** Capacity, groups and order of `capacity` settings for a routing. */
export function capacityLimit(
  settings: CapacitySettings,
  routing: Routing,
  { training, numTokens: perSequence, mask }: CapacityContext,
): CapacityLimit {
  const { priority, order, normalization, group } = settings;
  const { numExperts, numSelectedExperts } = routing;
  const total = routing.ids.shape[1]!;
  const size = group === "batch" ? total : requireSequence(perSequence);
  const sizes = { numExperts, numSelectedExperts };
  const numGroups = divideDim(total, size);
  const room = (numTokens: Tensor) =>
    runTimeCapacity(
      numTokens,
      capacityOptions(settings, { ...sizes, numTokens: Number.POSITIVE_INFINITY }, training),
    );
  const capacity = (): number | Tensor => {
    if (group === "sequence" && mask !== undefined) {
      const each = room(countByGroup(mask, numGroups, size)); // [G]
      return reshape(mul(onesLike(byGroup(mask, numGroups, size)), unsqueeze(each, 1)), [total]);
    }
    if (typeof size === "number" && mask === undefined) {
      return computeCapacity(capacityOptions(settings, { ...sizes, numTokens: size }, training));
    }
    return room(countTokens(mask ?? onesLike(reduceMax(routing.probabilities, -1))));
  };
  return { capacity: capacity(), priority, order, normalization, numGroups };
}

/** The mask as numbers, `[G, S]`. */
function byGroup(mask: Tensor, numGroups: Dim, size: Dim): Tensor {
  return reshape(cast(mask, "float32"), [numGroups, size]);
}

/** How many tokens of each group count, `[G]`. */
export function countByGroup(mask: Tensor, numGroups: Dim, size: Dim): Tensor {
  return reduceSum(byGroup(mask, numGroups, size), 1);
}

/**
 * Capacity and group size of expert choice. A batch whose size is unknown before the run is split
 * into sequences.
 *
 * @param numTokens `N`
 */
export function expertChoiceCapacity(
  settings: ExpertChoiceSettings,
  numTokens: Dim,
  numExperts: number,
  { training, numTokens: perSequence, mask }: CapacityContext,
): ExpertChoiceRoom {
  const groupSize =
    settings.group === "batch" && typeof numTokens === "number"
      ? numTokens
      : requireSequence(perSequence);
  const sizes = { numTokens: groupSize, numExperts, numSelectedExperts: 1 };
  const capacity = computeCapacity(capacityOptions(settings, sizes, training));
  if (mask === undefined) return { capacity, groupSize };
  const unknown = { ...sizes, numTokens: Number.POSITIVE_INFINITY };
  const counts = countByGroup(mask, divideDim(numTokens, groupSize), groupSize);
  const room = runTimeCapacity(counts, capacityOptions(settings, unknown, training)); // [G]
  return { capacity, groupSize, room };
}

/** The tokens that each expert takes. */
export interface ExpertChoiceRoom {
  /** `C`, for a group without padding. */
  readonly capacity: number;
  readonly groupSize: number;
  /** For each group by its tokens without padding, `[G]`; absent if there is no mask. */
  readonly room?: Tensor;
}

/** The options of `computeCapacity` for these settings. */
export function capacityOptions(
  settings: CapacitySettings | ExpertChoiceSettings,
  sizes: Omit<CapacitySizes, "capacityFactor">,
  training: boolean,
): CapacityOptions {
  const { capacityFactor: inTraining, evaluationCapacityFactor = inTraining, formula } = settings;
  const full = { ...sizes, capacityFactor: training ? inTraining : evaluationCapacityFactor };
  if (typeof formula === "string") return capacityPresets[formula](full);
  return { ...full, ...defined(formula) };
}

function requireSequence(numTokens: number | undefined): number {
  if (numTokens === undefined) throw new RangeError("groups of sequences need numTokens");
  return numTokens;
}
