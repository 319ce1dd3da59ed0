import { defined } from "../../graph/defined.ts";
import { usageError } from "../../graph/errors.ts";
import { adamW } from "../../optim/adamw.ts";
import { key } from "../../random/index.ts";
import { BUFFERS } from "../../runtime/arena.ts";
import type { Runtime } from "../../runtime/session.ts";
import type { Weights } from "../apply/scoped-function.ts";
import { type ArrayBatch, batchSpec } from "../evaluator.ts";
import { evaluationWeights, fillableWeights } from "../lora/evaluation-weights.ts";
import { createLora } from "../lora/lora.ts";
import { checkRules, parameterGroups } from "../parameter-groups.ts";
import type { Update } from "../run-update.ts";
import { everySteps, runUpdates, type UpdateHook } from "../run-updates.ts";
import type { Objective } from "../step-graph.ts";
import { createTrainStep, type TrainStep } from "../train-step.ts";
import { type FitArrays, type FitData, toFitData } from "./array-batches.ts";
import { checkBatch, copyWeights } from "./checks.ts";
import { createWeightedModel, type FittedModel, type WeightedModel } from "./fitted-model.ts";
import { checkOptions, type FitOptions } from "./options.ts";

/**
 * Trains the model of an objective on data.
 *
 * Equal seeds, data and thread counts give equal weights, to the last bit.
 *
 * @param objective the loss of a batch, its metrics and outputs
 * @param data a loader, an object with the same interface, or arrays by name
 * @throws UserError if options or data are invalid, or gradients are not finite
 */
export type Fit<Model extends FittedModel = FittedModel> = (
  objective: Objective,
  data: FitData | FitArrays,
  options: FitOptions,
) => Promise<Model>;

/** Creates `fit` with the default runtime `defaultRuntime`. */
export function createFit(defaultRuntime: () => Runtime | Promise<Runtime>): Fit {
  return async (objective, data, options) => {
    checkOptions(options);
    const { seed = 0, batchSize, session, emaDecay, accumulationSteps = 1 } = options;
    const source = toFitData(data, { ...defined({ batchSize }), shuffle: true, seed });
    const totalSteps = chooseSteps(source, options);
    const runtime = options.runtime ?? (await defaultRuntime());
    const groups = parameterGroups(options.rules, options.lora && createLora(options.lora));
    const step = await createTrainStep(objective, batchSpec(source.fields, source.batchSize), {
      runtime,
      optimizer: options.optimizer ?? adamW(),
      seed: key(seed),
      groups,
      accumulationSteps,
      totalSteps,
      ema: emaDecay !== undefined,
      ...defined({ session }),
      graph: defined({ checkpoint: options.checkpoint }),
    });
    checkLearns(step);
    const { weights, refresh } = evaluationWeights(step);
    const model = createWeightedModel(objective, {
      weights,
      fields: source.fields,
      batchSize: source.batchSize,
      runtime,
      session,
    });
    try {
      checkRules(options.rules ?? [], step.arena.names, "rules");
      if (options.weights !== undefined) startFrom(options.weights, step);
      source.seek(0);
      let steps = 0;
      const count = (update: Update<ArrayBatch>): void => {
        steps = update.step + 1;
      };
      const outcome = await runUpdates(step, () => nextBatch(source), {
        groups,
        totalSteps,
        accumulationSteps,
        learningRate: options.learningRate ?? 1e-3,
        weightDecay: options.weightDecay ?? 0.01,
        ...defined({ schedule: options.schedule, clipNorm: options.clipNorm, emaDecay }),
        hooks: [count, ...hooksOf({ model, refresh }, totalSteps, options)],
        ends: () => (options.signal?.aborted ? "interrupted" : undefined),
      });
      refresh();
      return { ...model, steps, outcome };
    } catch (error) {
      model.dispose();
      throw error;
    } finally {
      step.dispose();
    }
  };
}

function hooksOf(
  { model, refresh }: { readonly model: WeightedModel; readonly refresh: () => void },
  totalSteps: number,
  { onStep, hooks = [], evaluation, progress }: FitOptions,
): UpdateHook<ArrayBatch>[] {
  const show = ({ step, scalars }: Update<ArrayBatch>) =>
    progress?.update({ label: "step", done: step + 1, total: totalSteps, metrics: scalars });
  const evaluate = async ({ step }: Update<ArrayBatch>) => {
    const { data, onEvaluate } = evaluation!;
    refresh();
    await onEvaluate({ step, scores: await model.evaluate(data) });
  };
  return [
    show,
    ...(onStep ? [onStep] : []),
    ...hooks,
    ...(evaluation ? [everySteps(evaluation.every, evaluate, { last: totalSteps })] : []),
  ];
}

function chooseSteps(
  { batchesPerEpoch }: FitData,
  { steps, epochs, accumulationSteps = 1, schedule }: FitOptions,
): number {
  if ((steps === undefined) === (epochs === undefined)) {
    throw usageError("fit needs the length of the training: give one of steps and epochs");
  }
  if (steps === undefined && batchesPerEpoch === undefined) {
    throw usageError("fit cannot count epochs of data without batchesPerEpoch; give steps");
  }
  const total = steps ?? Math.ceil((epochs! * batchesPerEpoch!) / accumulationSteps - 1e-9);
  if (total === 0) {
    throw usageError(
      `fit has no step to run: ${epochs} epochs of the data are less than an update`,
    );
  }
  const { warmupSteps = 0 } = schedule ?? {};
  if (warmupSteps > total) {
    throw usageError(
      `schedule.warmupSteps ${warmupSteps} exceeds the ${total} steps of the training; lower it or train longer`,
    );
  }
  return total;
}

/** @throws UserError (exit code 2) if no update would change the model */
function checkLearns({ graph, arena, dispose }: TrainStep): void {
  if (graph.learns) return;
  dispose();
  const names = arena.names.slice(0, 3).join(", ");
  throw usageError(
    names === ""
      ? "the objective has no parameters, so there is nothing to train; make them with layers on its scope, such as linear(scope, x, 2)"
      : `the loss depends on no parameter that trains (the model has ${names}), so there is nothing to train; compute the loss from the results of the model, and freeze not all of it`,
  );
}

async function nextBatch(source: FitData): Promise<ArrayBatch> {
  const batch = await source.next();
  if (batch === undefined) {
    throw usageError(
      "the data ended before the training did; a loader with shuffle: true is endless",
    );
  }
  checkBatch(batch, source);
  return batch;
}

function startFrom(weights: Weights, step: TrainStep): void {
  copyWeights(weights, fillableWeights(step));
  if (step.arena.buffers.includes(BUFFERS.ema)) step.arena.resetAverages();
}
