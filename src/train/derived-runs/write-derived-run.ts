/** Writes a run whose weights come from another one, to continue from. */

import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { resolve } from "node:path";
import { configToYaml } from "../../config/load.ts";
import type { NdArray } from "../../graph/array.ts";
import { usageError } from "../../graph/errors.ts";
import { modelInputs } from "../../runs/model-inputs-file.ts";
import { openRunDirectory } from "../../runs/run-directory.ts";
import { type StoredState, stateFiles } from "../../runs/state-files.ts";
import type { Training } from "../setup.ts";

/** Averages of all parameters; those without one, which are frozen, get the parameter. */
export function allAverages(
  { model, ema }: StoredState,
  states: Training["step"]["states"],
): ReadonlyMap<string, NdArray> | undefined {
  if (ema === undefined) return undefined;
  const parameters = [...model].filter(([name]) => !states.has(name));
  return new Map(parameters.map(([name, value]) => [name, ema.get(name) ?? value]));
}

/** @throws UserError (exit code 2) if the new directory is the run itself */
export function requireOtherDirectory(out: string, run: string): void {
  if (resolve(out) !== resolve(run)) return;
  throw usageError(`${out} is the run to change; give another directory with --out`);
}

/**
 * Writes the state of a training as a run with one checkpoint at step 0. The configuration comes last: a
 * directory without it cannot be resumed.
 *
 * @throws UserError (exit code 2) if the directory has a run that may not be overwritten
 */
export async function writeDerivedRun(
  out: string,
  training: Training,
  { overwrite }: { readonly overwrite: boolean },
): Promise<void> {
  const existed = existsSync(out);
  const run = await openRunDirectory(out, { overwrite });
  let complete = false;
  try {
    if (training.tokenizer !== undefined) await run.writeTokenizer(training.tokenizer);
    const progress = { step: 0, bestScore: null, bestStep: 0, withoutImprovement: 0, seconds: 0 };
    await run.saveCheckpoint(0, stateFiles(training.step, progress));
    await run.writeModelInputs(modelInputs(training.loader.dataset));
    await run.writeConfig(configToYaml(training.config));
    complete = true;
  } finally {
    await run.close();
    if (!complete && !existed) await rm(out, { recursive: true, force: true });
  }
}
