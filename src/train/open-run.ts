/** Opens run directories to read them: configuration, checkpoint, tokenizer. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { loadConfig } from "../config/load.ts";
import type { TokenizerState } from "../data/tokenizers/index.ts";
import { UserError } from "../graph/errors.ts";
import { type TrainConfig, trainConfigSchema } from "./recipe/config.ts";
import { best, type Checkpoint, latest, listCheckpoints } from "./run/checkpoint-store.ts";
import { readTokenizer } from "./run/tokenizer-file.ts";

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
export async function openRun(run: string, which: "best" | "latest" = "best"): Promise<OpenedRun> {
  const path = join(run, "config.yaml");
  if (!existsSync(path)) {
    throw new UserError(
      `${run} is no run directory: it has no config.yaml; name a folder that moesaic train wrote`,
      { exitCode: 2 },
    );
  }
  const config = loadConfig(path, trainConfigSchema);
  const checkpoints = await listCheckpoints(run);
  const checkpoint = (which === "best" ? best(checkpoints) : undefined) ?? latest(checkpoints);
  if (checkpoint === undefined) {
    throw new UserError(`${run} holds no checkpoint yet; train it first`, { exitCode: 2 });
  }
  const tokenizer = await readTokenizer(run);
  return { config, checkpoint, ...(tokenizer !== undefined && { tokenizer }) };
}
