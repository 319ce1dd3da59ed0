/** Changes the experts of a trained run and writes the result as a new run to continue from. */

import { allocate, type NdArray } from "../../graph/array.ts";
import type { ParameterCounts } from "../../moe/active-parameters.ts";
import type { ExpertChange } from "../../moe/surgery/change.ts";
import { expertLayers, type Tensors } from "../../moe/surgery/layout.ts";
import { adaptedLayer } from "../../nn/adapter.ts";
import type { CheckpointChoice } from "../../runs/checkpoints/choose-checkpoint.ts";
import type { ExpertEdit } from "../../runs/experts/expert-edits.ts";
import { type Apply, planRun } from "../../runs/experts/expert-plan.ts";
import { openRun } from "../../runs/open-run.ts";
import { fillState, readState, type StoredState } from "../../runs/state-files.ts";
import { BUFFERS } from "../../runtime/arena.ts";
import { setUpTraining, type Training } from "../setup.ts";
import { allAverages, requireOtherDirectory, writeDerivedRun } from "./write-derived-run.ts";

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
   * upcycling, because all are made of the dense layer.
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
  requireOtherDirectory(out, run);
  const { config, checkpoint, tokenizer } = await openRun(run, which);
  const state = await readState(checkpoint.path, config.train.emaDecay !== undefined);
  const { step } = checkpoint;
  const plan = await planRun({ run, config, state, step }, edit, noise);
  const training = await setUpTraining(plan.config, { tokenizer });
  try {
    const changed = applyToState(state, training, plan.apply);
    fillState(changed, training.step, checkpoint.path);
    await writeDerivedRun(out, training, { overwrite });
    const plain = new Map([...changed.model].filter(([name]) => !isAdapter(name)));
    const layers = describeChange(state.model, plain, plan.change);
    const { parameters } = training;
    return { action: edit.action, run, out, step, layers, parameters };
  } finally {
    await training.dispose();
  }
}

/**
 * Applies a change to parameters, moments and averages. Adapters were merged into the weights that change, so
 * the new model has fresh ones; averages of the old ones are dropped, because weights with adapters have none.
 */
function applyToState(state: StoredState, training: Training, apply: Apply): StoredState {
  const { arena, states, optimizer } = training.step;
  const viewed = (names: readonly string[]): [string, NdArray][] =>
    names.map((name) => [name, arena.view(BUFFERS.parameters, name)]);
  const parameters = new Map(viewed(arena.names.filter((name) => !isAdapter(name))));
  const adapters = viewed(arena.names.filter(isAdapter));
  const trained = new Set(arena.trained);
  const moments = optimizer.moments.flatMap((moment) =>
    [...changedMoments(moment, state, parameters, apply), ...zerosLike(adapters)]
      .filter(([name]) => trained.has(name))
      .map(([name, value]) => [`${moment}/${name}`, value] as const),
  );
  const weights = (tensors: Tensors, fresh: Tensors): Tensors =>
    new Map([...apply(tensors, fresh, "weights"), ...adapters]);
  const model = weights(state.model, new Map([...parameters, ...states]));
  if (!arena.buffers.includes(BUFFERS.ema)) return { model, optimizer: new Map(moments) };
  const stored = allAverages(state, states);
  const averages = stored && weights(stored, parameters);
  const ema = averages ?? new Map([...model].filter(([name]) => !states.has(name)));
  return { model, optimizer: new Map(moments), ema };
}

/** A moment after the change, by parameter name; zeros for parameters without one, which are frozen. */
function changedMoments(
  moment: string,
  { model, optimizer }: StoredState,
  parameters: Tensors,
  apply: Apply,
): Tensors {
  const stored = zerosLike(model);
  for (const name of model.keys()) {
    const value = optimizer.get(`${moment}/${name}`);
    if (value !== undefined) stored.set(name, value);
  }
  return apply(stored, zerosLike(parameters), "moments");
}

const isAdapter = (name: string): boolean => adaptedLayer(name) !== undefined;

function zerosLike(tensors: Iterable<readonly [string, NdArray]>): Map<string, NdArray> {
  return new Map(
    Array.from(tensors, ([name, { shape }]) => [name, allocate("float32", shape)] as const),
  );
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
