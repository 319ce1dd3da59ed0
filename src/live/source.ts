import type { Tokenizer } from "../data/tokenizers/index.ts";
import type { ForwardOptions } from "../evaluate/forward.ts";
import { probabilities } from "../evaluate/zero-shot.ts";
import type { NdArray } from "../graph/array.ts";
import type { ModelSettings } from "../models/systems.ts";
import type { LiveModel, LiveModelSpec } from "./types.ts";

/** Inputs from which a live model is created. */
export interface LiveSource<Settings = ModelSettings> {
  readonly spec: LiveModelSpec;
  readonly settings: Settings;
  readonly compile: Omit<ForwardOptions, "taps">;
  readonly tokenizer?: Tokenizer;
}

/** Abilities of a kind of model. */
export type LiveAbilities = Omit<LiveModel, "spec">;

/** Softmax of logits `[1, C]`, as `[C]`. */
export function classProbabilities({ data }: NdArray): number[] {
  const scores = { numClasses: data.length, data: Float64Array.from(data, Number) };
  return Array.from(probabilities(scores).data);
}
