/** The weights of a training as evaluation reads them. */
import { allocate, type NdArray } from "../../graph/array.ts";
import { adaptedLayer } from "../../nn/adapter.ts";
import { BUFFERS } from "../../runtime/arena.ts";
import type { Weights } from "../apply/scoped-function.ts";
import type { UpdateStep } from "../train-step.ts";
import { mergeAdapters } from "./merge-adapters.ts";

export interface EvaluationWeights {
  /** Parameters, or their moving averages if kept, and states; adapters are merged into their layers. */
  readonly weights: Weights;
  /** The same in the memory of the training, with adapters as tensors of their own. */
  readonly unmerged: Weights;
  /** Merges the adapters again, after training or reading changed them. */
  refresh(): void;
}

type TrainedMemory = Pick<UpdateStep, "arena" | "states" | "lora">;

/**
 * The weights that evaluation reads. They follow the training in place, merged ones at the next `refresh`.
 *
 * Without adapters nothing is copied; with them, memory for the adapted weights is allocated once.
 */
export function evaluationWeights({ arena, states, lora }: TrainedMemory): EvaluationWeights {
  const buffer = arena.buffers.includes(BUFFERS.ema) ? BUFFERS.ema : BUFFERS.parameters;
  const unmerged = new Map<string, NdArray>([
    ...arena.names.map((name) => [name, arena.view(buffer, name)] as const),
    ...states,
  ]);
  if (lora === undefined) return { weights: unmerged, unmerged, refresh() {} };
  const memory = new Map<string, NdArray>();
  for (const name of arena.names) {
    const weight = adaptedLayer(name)?.weight;
    if (weight === undefined || memory.has(weight)) continue;
    memory.set(weight, allocate("float32", unmerged.get(weight)!.shape));
  }
  const merge = (): Weights => mergeAdapters(unmerged, lora.alpha, memory);
  return { weights: merge(), unmerged, refresh: merge };
}

/** Parameters and states that stored weights can fill: all but adapters, in the memory of the training. */
export function fillableWeights({ arena, states }: TrainedMemory): Map<string, NdArray> {
  const own = arena.names.filter((name) => adaptedLayer(name) === undefined);
  return new Map<string, NdArray>([
    ...own.map((name) => [name, arena.view(BUFFERS.parameters, name)] as const),
    ...states,
  ]);
}
