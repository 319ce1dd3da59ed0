import { defined } from "../../graph/defined.ts";
import type { Tensor } from "../../graph/graph.ts";
import { type Dim, divideDim } from "../../graph/shape.ts";
import { onesLike } from "../../ops/gather.ts";
import { reduceMax } from "../../ops/reduce.ts";
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
  /** Tokens that are not padding, `[N]` bool: padding takes no capacity in buffers shared by a batch. */
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
  const capacity =
    typeof size === "number" && (mask === undefined || group === "sequence")
      ? computeCapacity(capacityOptions(settings, { ...sizes, numTokens: size }, training))
      : runTimeCapacity(
          countTokens(mask ?? onesLike(reduceMax(routing.probabilities, -1))),
          capacityOptions(settings, { ...sizes, numTokens: Number.POSITIVE_INFINITY }, training),
        );
  return { capacity, priority, order, normalization, numGroups: divideDim(total, size) };
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
  { training, numTokens: perSequence }: CapacityContext,
): { readonly capacity: number; readonly groupSize: number } {
  const groupSize =
    settings.group === "batch" && typeof numTokens === "number"
      ? numTokens
      : requireSequence(perSequence);
  const sizes = { numTokens: groupSize, numExperts, numSelectedExperts: 1 };
  return { capacity: computeCapacity(capacityOptions(settings, sizes, training)), groupSize };
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
