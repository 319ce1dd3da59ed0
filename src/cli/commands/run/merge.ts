import type { CheckpointChoice } from "../../../runs/checkpoints/choose-checkpoint.ts";
import { type Context, printJson } from "../../context.ts";
import type { CommonOptions } from "../../options.ts";

export interface MergeOptions extends CommonOptions {
  readonly out: string;
  readonly overwrite: boolean;
  readonly checkpoint: CheckpointChoice;
}

/** `moesaic merge`: writes the weights of a run with its adapters merged. */
export async function mergeCommand(
  context: Context,
  run: string,
  { out, overwrite, checkpoint, json }: MergeOptions,
): Promise<number> {
  const { mergeRunAdapters } = await import("../../../train/derived-runs/merge-run.ts");
  const merged = await mergeRunAdapters(run, { out, overwrite, checkpoint });
  if (json) printJson(context, merged);
  else context.out.line(`${out} has the weights of step ${merged.step} of ${run}, adapters merged`);
  return 0;
}
