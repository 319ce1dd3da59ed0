/** Merges the adapters of a run into its weights. */

import { encodeSafetensors } from "../../formats/safetensors.ts";
import { allocate } from "../../graph/array.ts";
import { defined } from "../../graph/defined.ts";
import { usageError } from "../../graph/errors.ts";
import type { TrainConfig } from "../../recipe/config.ts";
import type { CheckpointChoice } from "../../runs/checkpoints/choose-checkpoint.ts";
import { writeFileAtomically } from "../../runs/files.ts";
import { type OpenedRun, openRun } from "../../runs/open-run.ts";
import { fillState, readState, readWeights } from "../../runs/state-files.ts";
import { setUpTraining } from "../setup.ts";
import { allAverages, requireOtherDirectory, writeDerivedRun } from "./write-derived-run.ts";

export interface MergeRunOptions {
  /** The new run directory, or a file with the ending `.safetensors` for the weights alone. */
  readonly out: string;
  /** Replaces a run in that directory. Default false. */
  readonly overwrite?: boolean;
  /** Default: the best checkpoint, or the latest if none was scored. */
  readonly checkpoint?: CheckpointChoice;
}

export interface MergedRun {
  readonly run: string;
  readonly out: string;
  /** Step of the checkpoint that was merged. */
  readonly step: number;
}

/**
 * Writes the weights of a run that was trained with adapters, each adapted weight as
 * `W + (alpha / rank) B A` (arXiv:2106.09685, section 4.1).
 *
 * A directory gets a run without `train.lora` and with one checkpoint at step 0, from which `train` with
 * `resume` continues with all parameters. A file gets the weights that evaluation uses: moving averages if
 * the run keeps them.
 *
 * @throws UserError (exit code 2) if the run has no adapters; nothing is written then
 */
export async function mergeRunAdapters(
  run: string,
  { out, overwrite = false, checkpoint: which = "best" }: MergeRunOptions,
): Promise<MergedRun> {
  requireOtherDirectory(out, run);
  const opened = await openRun(run, which);
  if (opened.config.train.lora === undefined) {
    throw usageError(
      `${run} was trained without train.lora, so its weights have no adapters; use the run itself`,
    );
  }
  const { path, step } = opened.checkpoint;
  if (out.endsWith(".safetensors")) {
    const weights = await readWeights(path, opened.config.train.emaDecay !== undefined);
    await writeFileAtomically(out, encodeSafetensors(weights));
  } else {
    await writeMergedRun(opened, out, overwrite);
  }
  return { run, out, step };
}

async function writeMergedRun(
  { config, checkpoint: { path }, tokenizer }: OpenedRun,
  out: string,
  overwrite: boolean,
): Promise<void> {
  const stored = await readState(path, config.train.emaDecay !== undefined);
  const training = await setUpTraining(withoutAdapters(config), { tokenizer });
  try {
    const { arena, optimizer } = training.step;
    const moments = optimizer.moments.flatMap((moment) =>
      arena.trained.map((name) => {
        const { shape } = training.step.parameters.get(name)!;
        return [`${moment}/${name}`, allocate("float32", shape)] as const;
      }),
    );
    const ema = allAverages(stored, training.step.states);
    const state = { model: stored.model, optimizer: new Map(moments), ...defined({ ema }) };
    fillState(state, training.step, path);
    await writeDerivedRun(out, training, { overwrite });
  } finally {
    await training.dispose();
  }
}

function withoutAdapters({ train: { lora: _, ...train }, ...config }: TrainConfig): TrainConfig {
  return { ...config, train };
}
