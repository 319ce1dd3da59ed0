/** How far the checkpoint that a run ends with routes as the last one does. */
import { compareChoices } from "../inspect/statistics/choices.ts";
import type { CheckpointAgreement } from "../inspect/types/routing.ts";
import { isRoutingTap, layersOf, statisticsParts } from "../moe/routing-taps.ts";
import type { Checkpoint } from "../runs/checkpoint-store.ts";
import { firstBatches, recordChoices } from "../tasks/routing/record-choices.ts";
import type { Training } from "./setup.ts";

/** Batches that are compared: enough for two digits, few enough to cost next to nothing. */
const BATCHES = 8;

/**
 * Compares the routing under the weights at hand, those of `lastStep`, with that under the weights of
 * `chosen`, which `load` brings and which stay. Undefined where the model routes nothing.
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
