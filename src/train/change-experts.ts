/** Changes the experts of a trained run and writes the result as a new run to continue from. */

import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { resolve } from "node:path";
import { configToYaml } from "../config/load.ts";
import { allocate, type NdArray } from "../graph/array.ts";
import { usageError } from "../graph/errors.ts";
import type { ParameterCounts } from "../moe/active-parameters.ts";
import type { ExpertChange } from "../moe/surgery/change.ts";
import { expertLayers, type Tensors } from "../moe/surgery/layout.ts";
import type { CheckpointChoice } from "../runs/checkpoints/choose-checkpoint.ts";
import type { ExpertEdit } from "../runs/experts/expert-edits.ts";
import { type Apply, planRun } from "../runs/experts/expert-plan.ts";
import { modelInputs } from "../runs/model-inputs-file.ts";
import { openRun } from "../runs/open-run.ts";
import { openRunDirectory } from "../runs/run-directory.ts";
import { fillState, readState, type StoredState, stateFiles } from "../runs/state-files.ts";
import { BUFFERS } from "../runtime/arena.ts";
import { setUpTraining, type Training } from "./setup.ts";

export interface ChangeRunOptions {
  /** The new run directory. */
  readonly out: string;
  /** Replaces a run in that directory. Default false. */
  readonly overwrite?: boolean;
  /** Default: the best checkpoint, or the latest if none was scored. */
  readonly checkpoint?: CheckpointChoice;
  /**
   * Standard deviation of the noise on copied experts, over the root mean square of their weights.
   * Default 0.01 for added experts, 0 for upcycled ones.
   */
  readonly noise?: number;
}

export interface ChangedRun {
  readonly action: ExpertEdit["action"];
  readonly run: string;
  readonly out: string;
  /** Step of the checkpoint that was changed. */
  readonly step: number;
  readonly layers: readonly ChangedLayer[];
  /** Parameters of the new model. */
  readonly parameters: ParameterCounts;
}

export interface ChangedLayer {
  readonly layer: string;
  readonly experts_before: number;
  readonly experts_after: number;
  /**
   * For each new expert, the earlier experts that it was made of; none for a fresh expert, and after
   * upcycling, because all are copies of the dense layer.
   */
  readonly sources: readonly (readonly number[])[];
}

/**
 * Reads the experts of a run's checkpoint, applies `edit`, and writes a new run
 * directory: the configuration with its new number of experts and one checkpoint at step 0, from
 * which `train` with `resume` continues with a new learning-rate schedule and the data from the
 * start.
 *
 * Optimizer moments follow the weights, see `changeExperts`. Adam's bias correction restarts at
 * step 0, which makes the first updates of weights that keep their moments smaller, not larger, with
 * the default betas.
 *
 * @throws UserError if the run, the edit or the new directory are invalid; nothing is written then
 */
export async function changeRunExperts(
  run: string,
  edit: ExpertEdit,
  { out, overwrite = false, checkpoint: which = "best", noise }: ChangeRunOptions,
): Promise<ChangedRun> {
  if (resolve(out) === resolve(run)) {
    throw usageError(`${out} is the run to change; give another directory with --out`);
  }
  const { config, checkpoint, tokenizer } = await openRun(run, which);
  const state = await readState(checkpoint.path, config.train.emaDecay !== undefined);
  const { step } = checkpoint;
  const plan = await planRun({ run, config, state, step }, edit, noise);
  const training = await setUpTraining(plan.config, { tokenizer });
  try {
    const changed = applyToState(state, training, plan.apply);
    fillState(changed, training.step, checkpoint.path);
    await writeRun(out, overwrite, training);
    const layers = describeChange(state.model, changed.model, plan.change);
    const { parameters } = training;
    return { action: edit.action, run, out, step, layers, parameters };
  } finally {
    await training.dispose();
  }
}

/** Applies a change to parameters, moments and averages. */
function applyToState(state: StoredState, training: Training, apply: Apply): StoredState {
  const { arena, states } = training.step;
  const parameters = new Map<string, NdArray>(
    arena.names.map((name) => [name, arena.view(BUFFERS.parameters, name)]),
  );
  const zeros = new Map<string, NdArray>(
    [...parameters].map(([name, { shape }]) => [name, allocate("float32", shape)]),
  );
  const optimizer = training.step.optimizer.moments.flatMap((moment) => {
    const prefix = `${moment}/`;
    const stored = [...state.optimizer].filter(([name]) => name.startsWith(prefix));
    const tensors = new Map(stored.map(([name, value]) => [name.slice(prefix.length), value]));
    const changed =
      tensors.size === 0 ? zeros : apply(completed(tensors, state, states, 0), zeros, "moments");
    return [...changed].map(([name, value]) => [prefix + name, value] as const);
  });
  const model = apply(state.model, new Map([...parameters, ...states]), "weights");
  if (!arena.buffers.includes(BUFFERS.ema)) return { model, optimizer: new Map(optimizer) };
  const averages =
    state.ema && apply(completed(state.ema, state, states, 1), parameters, "weights");
  const ema = averages ?? new Map([...model].filter(([name]) => !states.has(name)));
  return { model, optimizer: new Map(optimizer), ema };
}

/** Tensors of all parameters: those without one, which are frozen, get the parameter times `factor`. */
function completed(
  tensors: Tensors,
  { model }: StoredState,
  states: Training["step"]["states"],
  factor: 0 | 1,
): Tensors {
  const parameters = [...model].filter(([name]) => !states.has(name));
  return new Map(
    parameters.map(([name, parameter]) => {
      const own = factor === 1 ? parameter : allocate(parameter.dtype, parameter.shape);
      return [name, tensors.get(name) ?? own];
    }),
  );
}

/** Writes the configuration last: a directory without it cannot be resumed. */
async function writeRun(out: string, overwrite: boolean, training: Training): Promise<void> {
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

function describeChange(
  before: Tensors,
  after: Tensors,
  change: ExpertChange | undefined,
): ChangedLayer[] {
  const old = new Map(expertLayers(before).map(({ path, numExperts }) => [path, numExperts]));
  return expertLayers(after).map(({ path, numExperts }) => {
    const none = Array.from({ length: numExperts }, () => []);
    const sources = change?.get(path)?.map(({ parts }) => parts.map(({ expert }) => expert));
    return {
      layer: path,
      experts_before: old.get(path) ?? 0,
      experts_after: numExperts,
      sources: sources ?? none,
    };
  });
}
