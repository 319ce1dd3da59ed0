/** Opens run directories to read them: configuration, checkpoint, tokenizer. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { TokenizerState } from "../data/tokenizers/index.ts";
import { defined } from "../graph/defined.ts";
import { usageError } from "../graph/errors.ts";
import type { TrainConfig } from "../recipe/config.ts";
import { type LoadTrainConfigOptions, loadTrainConfig } from "../recipe/load-train-config.ts";
import { readTokenizer } from "../recipe/tokenizer-file.ts";
import { best, type Checkpoint, latest, listCheckpoints } from "./checkpoint-store.ts";

/** A run as it was trained, with one of its checkpoints. */
export interface OpenedRun {
  readonly config: TrainConfig;
  readonly checkpoint: Checkpoint;
  /** How its texts became tokens, where it reads any. */
  readonly tokenizer?: TokenizerState;
}

/**
 * Reads what a run directory says of its model; no data set is opened.
 *
 * @param which the checkpoint; `best` is the latest where none was scored
 * @throws UserError (exit code 2) for another directory, or a run without checkpoints
 */
export async function openRun(
  run: string,
  which: "best" | "latest" = "best",
  { trusted = true }: Pick<LoadTrainConfigOptions, "trusted"> = {},
): Promise<OpenedRun> {
  const path = join(run, "config.yaml");
  if (!existsSync(path)) {
    throw usageError(
      `${run} is no run directory: it has no config.yaml; name a folder that moesaic train wrote`,
    );
  }
  const config = await loadTrainConfig(path, { trusted });
  const checkpoints = await listCheckpoints(run);
  const checkpoint = (which === "best" ? best(checkpoints) : undefined) ?? latest(checkpoints);
  if (checkpoint === undefined) {
    throw usageError(`${run} holds no checkpoint yet; train it first`);
  }
  const tokenizer = await readTokenizer(run);
  return { config, checkpoint, ...defined({ tokenizer }) };
}
