/** Routing agreement between the chosen checkpoint and the last one. */
import { compareChoices } from "../inspect/statistics/choices.ts";
import type { CheckpointAgreement } from "../inspect/types/routing.ts";
import { isRoutingTap, layersOf, statisticsParts } from "../moe/routing-taps.ts";
import type { Checkpoint } from "../runs/checkpoints/checkpoint-store.ts";
import { firstBatches, recordChoices } from "../tasks/routing/record-choices.ts";
import type { Training } from "./setup.ts";

/** Batches that are compared: enough for two digits at little cost. */
const BATCHES = 8;

/**
 * Compares the routing of the current weights, from `lastStep`, with that of the checkpoint `chosen`.
 * `load` loads the chosen weights, which remain loaded. Undefined if the model routes nothing.
 */
export async function agreementWithLast(
  { openSplit, createEvaluator }: Pick<Training, "openSplit" | "createEvaluator">,
  chosen: Checkpoint,
  lastStep: number,
  load: () => Promise<void>,
): Promise<CheckpointAgreement | undefined> {
  const evaluator = await createEvaluator((name) => isRoutingTap(name, statisticsParts));
  try {
    if (layersOf(evaluator.graph.taps).length === 0) {
      await load();
      return undefined;
    }
    const loader = await openSplit("validation");
    try {
      const source = firstBatches(loader, BATCHES);
      const last = await recordChoices(evaluator, source);
      await load();
      const layers = compareChoices(await recordChoices(evaluator, source), last);
      return {
        first: `the best (step ${chosen.step})`,
        second: `the last (step ${lastStep})`,
        split: "validation",
        layers,
      };
    } finally {
      await loader.dispose();
    }
  } finally {
    evaluator.dispose();
  }
}
