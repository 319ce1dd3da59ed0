import type { Tokenizer } from "../data/tokenizers/index.ts";
import type { ForwardOptions } from "../evaluate/forward.ts";
import { probabilities } from "../evaluate/zero-shot.ts";
import { allocate, type NdArray } from "../graph/array.ts";
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

/** Softmax of each row of logits `[B, C]`, as `B` lists of `[C]`. */
export function classProbabilities({ data, shape }: NdArray): number[][] {
  const numClasses = shape[1]!;
  const scores = { numClasses, data: Float64Array.from(data, Number) };
  const flat = Array.from(probabilities(scores).data);
  return Array.from({ length: shape[0]! }, (_, n) =>
    flat.slice(n * numClasses, (n + 1) * numClasses),
  );
}

/** Joins arrays along their first axis; the other axes are equal. */
export function stackRows<Type extends "float32" | "int64">(
  rows: readonly NdArray<Type>[],
): NdArray<Type> {
  const [first] = rows as [NdArray<Type>];
  if (rows.length === 1) return first;
  const [, ...shape] = first.shape;
  const length = rows.reduce((sum, row) => sum + row.shape[0]!, 0);
  const all = allocate(first.dtype, [length, ...shape]);
  let at = 0;
  for (const { data } of rows) {
    (all.data as Float32Array).set(data as Float32Array, at);
    at += data.length;
  }
  return all as NdArray<Type>;
}
