/** Reads run directories: configuration, checkpoint, tokenizer. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { TokenizerState } from "../data/tokenizers/index.ts";
import { defined } from "../graph/defined.ts";
import { usageError } from "../graph/errors.ts";
import type { TrainConfig } from "../recipe/config.ts";
import { type LoadTrainConfigOptions, loadTrainConfig } from "../recipe/load-train-config.ts";
import { readTokenizer } from "../recipe/tokenizer-file.ts";
import type { Checkpoint } from "./checkpoints/checkpoint-store.ts";
import {
  type CheckpointChoice,
  checkRunFiles,
  chooseCheckpoint,
} from "./checkpoints/choose-checkpoint.ts";

/** A run with one of its checkpoints. */
export interface OpenedRun {
  readonly config: TrainConfig;
  readonly checkpoint: Checkpoint;
  /** State of the tokenizer; absent if the run reads no text. */
  readonly tokenizer?: TokenizerState;
}

/**
 * Reads configuration, checkpoint and tokenizer of a run directory, without opening its data set.
 *
 * @param which the checkpoint; `best` falls back to the latest if none was scored
 * @throws UserError (exit code 2) if the directory is not a run or has no checkpoint
 */
export async function openRun(
  run: string,
  which: CheckpointChoice = "best",
  { trusted = true }: Pick<LoadTrainConfigOptions, "trusted"> = {},
): Promise<OpenedRun> {
  const path = join(run, "config.yaml");
  if (!existsSync(path)) {
    throw usageError(
      `${run} is not a run directory: it has no config.yaml; give a folder that moesaic train wrote`,
    );
  }
  const config = await loadTrainConfig(path, { trusted });
  const checkpoint = await chooseCheckpoint(run, which);
  if (checkpoint === undefined) {
    throw usageError(`${run} has no checkpoint yet; train it first`);
  }
  const tokenizer = await readTokenizer(run);
  await checkRunFiles(run, checkpoint);
  return { config, checkpoint, ...defined({ tokenizer }) };
}
