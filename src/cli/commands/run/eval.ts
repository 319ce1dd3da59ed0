import type { CheckpointChoice } from "../../../runs/checkpoints/choose-checkpoint.ts";
import { type Context, printJson } from "../../context.ts";
import type { CommonOptions } from "../../options.ts";
import { createProgress, formatMetric } from "../../progress.ts";
import { printTable } from "../../table.ts";

export interface EvalOptions extends CommonOptions {
  readonly split: string;
  readonly checkpoint: CheckpointChoice;
}

/** `moesaic eval`: scores a checkpoint of a run on one split. */
export async function evalCommand(
  context: Context,
  runDirectory: string,
  { split, checkpoint, json }: EvalOptions,
): Promise<number> {
  const { evaluateRun } = await import("../../../train/evaluate-run.ts");
  using progress = createProgress(context.err);
  const scores = await evaluateRun(runDirectory, { split, checkpoint, progress });
  progress.close();
  if (json) printJson(context, scores);
  else {
    const rows = Object.entries(scores).map(([name, value]) => [name, formatMetric(value)]);
    printTable(context.out, ["metric", split], rows);
  }
  return 0;
}
