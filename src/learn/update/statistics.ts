/** The outputs of a training graph that states follow. */
import type { Tensor } from "../../graph/graph.ts";
import type { Trace } from "../../nn/scope.ts";
import { stopGradient } from "../../ops/compare.ts";

/**
 * The statistics of a batch, by the names of outputs.
 *
 * No example: training steps with several batches use it.
 */
export function statisticOutputs({ pooledUpdates }: Trace): Record<string, Tensor> {
  const named = [...pooledUpdates].flatMap(([state, { statistics }]) =>
    Object.entries(statistics).map(
      ([key, x]) => [statisticName(state, key), stopGradient(x)] as const,
    ),
  );
  return Object.fromEntries(named);
}

/**
 * The output of a statistic.
 *
 * No example: training steps with several batches use it.
 */
export function statisticName(state: string, key: string): string {
  return `statistic:${state}/${key}`;
}
