/** Records the experts of every token during an evaluation. */
import { choiceRecorder, type LayerChoices } from "../../inspect/statistics/choices.ts";
import type { BatchSource, Evaluator } from "../../learn/evaluator.ts";
import { layersOf, readRouting } from "../../moe/routing-taps.ts";

/** The choices of every layer for all tokens of `source`, with the weights of `evaluator`. */
export async function recordChoices(
  evaluator: Evaluator,
  source: BatchSource,
  onBatch: () => void = () => {},
): Promise<LayerChoices[]> {
  const recorder = choiceRecorder();
  const layers = layersOf(evaluator.graph.taps);
  await evaluator.run(source, (outputs) => {
    for (const layer of layers) recorder.add(layer, readRouting(outputs, layer, "probabilities"));
    onBatch();
  });
  return recorder.layers();
}

/** The first batches of `source`. */
export function firstBatches(source: BatchSource, count: number): BatchSource {
  let left = count;
  return {
    seek(step) {
      source.seek(step);
      left = count;
    },
    next: async () => (left-- > 0 ? source.next() : undefined),
  };
}
