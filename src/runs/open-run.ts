/** Opens run directories to read them: configuration, checkpoint, tokenizer. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { TokenizerState } from "../data/tokenizers/index.ts";
import type { NdArray } from "../graph/array.ts";
import { defined } from "../graph/defined.ts";
import { usageError } from "../graph/errors.ts";
import type { TrainConfig } from "../recipe/config.ts";
import { loadTrainConfig } from "../recipe/load-train-config.ts";
import { readTokenizer } from "../recipe/tokenizer-file.ts";
import { best, type Checkpoint, latest, listCheckpoints } from "./checkpoint-store.ts";
import { readWeights } from "./state-files.ts";

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
    throw usageError(
      `${run} is no run directory: it has no config.yaml; name a folder that moesaic train wrote`,
    );
  }
  const config = await loadTrainConfig(path);
  const checkpoints = await listCheckpoints(run);
  const checkpoint = (which === "best" ? best(checkpoints) : undefined) ?? latest(checkpoints);
  if (checkpoint === undefined) {
    throw usageError(`${run} holds no checkpoint yet; train it first`);
  }
  const tokenizer = await readTokenizer(run);
  return { config, checkpoint, ...defined({ tokenizer }) };
}

/** The settings of a model with this `system`. */
type SettingsOf<System extends TrainConfig["model"]["system"]> = Extract<
  TrainConfig["model"],
  { readonly system: System }
>;

/** A run of one system, which reads or writes texts, with its trained weights. */
export interface OpenedTextRun<System extends TrainConfig["model"]["system"]> extends OpenedRun {
  readonly settings: SettingsOf<System>;
  readonly tokenizer: TokenizerState;
  /** The moving averages where the run keeps them. */
  readonly weights: ReadonlyMap<string, NdArray>;
}

/**
 * Opens a run for something that only one system can do.
 *
 * @param lacks what others do not do, such as `continue texts`
 * @throws UserError (exit code 2) for a run of another system, or one without its tokenizer
 */
export async function openTextRun<System extends TrainConfig["model"]["system"]>(
  run: string,
  which: "best" | "latest",
  { system, lacks }: { readonly system: System; readonly lacks: string },
): Promise<OpenedTextRun<System>> {
  const { config, checkpoint, tokenizer } = await openRun(run, which);
  const { model, train } = config;
  if (model.system !== system) {
    throw usageError(`${run} is a run of ${model.system}, which ${lacks}; name a run of ${system}`);
  }
  if (tokenizer === undefined) {
    throw usageError(`${run} has no tokenizer.json; train it again, which writes one`);
  }
  const weights = await readWeights(checkpoint.path, train.emaDecay !== undefined);
  return { config, checkpoint, tokenizer, weights, settings: model as SettingsOf<System> };
}
