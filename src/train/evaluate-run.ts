/** Scores the best checkpoint of a finished or interrupted run. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { loadConfig } from "../config/load.ts";
import type { Split } from "../data/dataset.ts";
import { UserError } from "../graph/errors.ts";
import { best, latest, listCheckpoints } from "./checkpoint-store.ts";
import { trainConfigSchema } from "./config.ts";
import { scoreSplit } from "./score-split.ts";
import { setUpTraining } from "./setup.ts";
import { loadWeights } from "./train.ts";
import type { ProgressSink } from "./types.ts";

const splits = ["train", "validation", "test"] as const;

export interface EvaluateRunOptions {
  readonly split: string;
  readonly progress: ProgressSink;
}

/** Mean scores of one split under the run's best checkpoint (the latest where none was scored). */
export async function evaluateRun(
  runDirectory: string,
  { split, progress }: EvaluateRunOptions,
): Promise<Record<string, number>> {
  if (!splits.includes(split as Split)) {
    throw new UserError(`unknown split "${split}"; known are ${splits.join(", ")}`, {
      exitCode: 2,
    });
  }
  const configPath = join(runDirectory, "config.yaml");
  if (!existsSync(configPath)) {
    throw new UserError(
      `${runDirectory} is no run directory: it has no config.yaml; name a folder that moesaic train wrote`,
      { exitCode: 2 },
    );
  }
  const config = loadConfig(configPath, trainConfigSchema);
  const checkpoints = await listCheckpoints(runDirectory);
  const chosen = best(checkpoints) ?? latest(checkpoints);
  if (chosen === undefined) {
    throw new UserError(`${runDirectory} holds no checkpoint yet; train it first`);
  }
  const training = await setUpTraining(config);
  try {
    await loadWeights(training, chosen.path);
    return await scoreSplit(training, split as Split, progress);
  } finally {
    await training.dispose();
  }
}
