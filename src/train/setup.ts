/** Sets up the parts of a training run from its configuration. */

import { blockSegments } from "../autodiff/checkpoint.ts";
import { createDataNotes, type DataNotes } from "../data/data-notes.ts";
import type { Split } from "../data/dataset.ts";
import type { DecodedCache } from "../data/images/decode/decoded-cache.ts";
import type { Loader } from "../data/loader.ts";
import type { TokenizerState } from "../data/tokenizers/index.ts";
import type { NdArray } from "../graph/array.ts";
import { defined } from "../graph/defined.ts";
import { usageError } from "../graph/errors.ts";
import { batchSpec, createEvaluator, type Evaluator } from "../learn/evaluator.ts";
import { cachedStages, createGradCacheStep } from "../learn/grad-cache/grad-cache.ts";
import { evaluationWeights } from "../learn/lora/evaluation-weights.ts";
import { checkRules } from "../learn/parameter-groups.ts";
import { type ProgressSink, silent } from "../learn/progress.ts";
import type { UpdateOptions } from "../learn/run-update.ts";
import { createStagedEvaluator } from "../learn/staged-evaluator.ts";
import { createTrainStep, type TrainStepOptions, type UpdateStep } from "../learn/train-step.ts";
import type { ParameterCounts } from "../moe/active-parameters.ts";
import { isRoutingTap, statisticsParts } from "../moe/routing-taps.ts";
import { adamW } from "../optim/adamw.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import { sgd } from "../optim/sgd.ts";
import { key } from "../random/index.ts";
import type { TrainConfig } from "../recipe/config.ts";
import { createTask } from "../recipe/create-task.ts";
import { checkSplits } from "../recipe/data-specs.ts";
import { type OpenOptions, openSplit } from "../recipe/open-data.ts";
import { recipeGroups } from "../recipe/optimizer-config.ts";
import { sessionOptions } from "../recipe/session-options.ts";
import { countTaskParameters } from "../recipe/task-parameters.ts";
import { checkCharacters, openRunTokenizer, prepareTokenizer } from "../recipe/tokenizer.ts";
import { restoreWeights } from "../runs/state-files.ts";
import { defaultRuntime } from "../runtime/default-runtime.ts";
import type { Task } from "../tasks/task.ts";
import { type GivenTask, makeTask } from "./check-given.ts";
import { cacheFrozen, type FrozenCache, findFrozen } from "./frozen/cache-frozen.ts";
import { checkMemory, createMemoryLimit } from "./memory-limit.ts";
import { noteCaptions } from "./note-captions.ts";

export interface SetupOptions {
  /** The task of configurations whose model is `{ system: "custom" }`. */
  readonly task?: GivenTask | undefined;
  readonly progress?: ProgressSink;
  /** A tokenizer from an earlier run. Default: learnt from the training texts. */
  readonly tokenizer?: TokenizerState | undefined;
  /** Path prefix of the profile of training steps. Default: no profile. */
  readonly profile?: string | undefined;
  /** Cache of decoded pictures, shared between trainings. */
  readonly decoded?: DecodedCache | undefined;
}

export interface Training {
  readonly config: TrainConfig;
  /** State of the tokenizer, if the model reads text. */
  readonly tokenizer?: TokenizerState;
  readonly task: Task;
  readonly loader: Loader;
  /** What the readers of the data skipped or doubted so far. */
  readonly notes: DataNotes;
  readonly step: UpdateStep;
  /** How the gradients of an update change the parameters. */
  readonly updates: UpdateOptions;
  readonly totalSteps: number;
  /** Updates of a pass over the training split; no whole number if a pass ends within an update. */
  readonly stepsPerEpoch: number;
  readonly parameters: ParameterCounts;
  /** The weights that evaluation uses, by name; adapters are merged, after training at the next evaluation. */
  readonly weights: ReadonlyMap<string, NdArray>;
  /**
   * Reads the weights of a checkpoint into the memory that evaluation reads.
   *
   * @throws UserError if the file is damaged or belongs to another model
   */
  loadWeights(checkpoint: string): Promise<void>;
  /** Opens a split for evaluation. Default data: those of the configuration. */
  openSplit(split: Split, data?: TrainConfig["data"]): Promise<Loader>;
  createEvaluator(
    outputs?: (name: string) => boolean,
    options?: { readonly batchSize?: number },
  ): Promise<Evaluator>;
  dispose(): Promise<void>;
}

/**
 * Opens the training data, traces and compiles the model, and lays out its memory.
 *
 * @throws UserError (exit code 2) if settings, data and task are inconsistent
 */
export async function setUpTraining(
  config: TrainConfig,
  { progress, tokenizer, profile, decoded, task }: SetupOptions = {},
): Promise<Training> {
  checkTask(config, task);
  const perDomain = config.train.samplesPerDomain !== undefined;
  await checkSplits(config.data, config.seed, [
    "train",
    ...(perDomain ? [] : (["validation"] as const)),
    "test",
  ]);
  const state = tokenizer ?? (await prepareTokenizer(config, progress));
  await checkCharacters(config, state);
  const moments = createOptimizer(config).moments.length;
  if (task === undefined) await checkMemory(config, { moments, tokenizer: state });
  const notes = createDataNotes(progress ?? silent);
  const data = { progress, notes, decoded, ...defined({ tokenizer: state }) };
  const loader = await openSplit(config, "train", { ...data, training: true });
  try {
    return await assemble(config, loader, data, { profile, task });
  } catch (error) {
    await loader.dispose();
    throw error;
  }
}

async function assemble(
  config: TrainConfig,
  loader: Loader,
  data: Omit<OpenOptions, "training"> & { readonly notes: DataNotes },
  { profile, task: given }: Pick<SetupOptions, "profile" | "task">,
): Promise<Training> {
  const { train, seed } = config;
  const { fields } = loader;
  const tokenizer = data.tokenizer && (await openRunTokenizer(config, data.tokenizer));
  const { dataset } = loader;
  if (dataset.kind === "image" && tokenizer !== undefined && fields.tokens !== undefined) {
    noteCaptions(dataset, tokenizer, fields.tokens.shape[0]!, (line) => data.progress?.note(line));
  }
  const source = { dataset, fields, ...(tokenizer && { tokenizer }) };
  const task = given === undefined ? createTask(config, source) : makeTask(given, source);
  const groups = recipeGroups(config);
  const stepsPerEpoch = loader.batchesPerEpoch / train.accumulationSteps;
  const totalSteps = chooseSteps(config, stepsPerEpoch);
  const optimizer = createOptimizer(config);
  const runtime = defaultRuntime();
  const session = sessionOptions(config.runtime);
  const checkpoints = train.gradientCheckpointing === "blocks";
  const stages = cachedStages(train, task.stages);
  const tap = (name: string): boolean => isRoutingTap(name, statisticsParts);
  const frozen = findFrozen(config, { task, loader, groups, tap });
  const options: TrainStepOptions = {
    runtime,
    optimizer,
    seed: key(seed),
    // Expert row counts differ between runs, so planned memory is larger than needed.
    session: {
      ...session,
      ...(checkpoints && { memoryPattern: false }),
      ...defined({ profile }),
    },
    ema: train.emaDecay !== undefined,
    groups,
    accumulationSteps: train.accumulationSteps,
    totalSteps,
    graph: {
      tap,
      ...(frozen && { givenFor: frozen.givenFor }),
      admit: createMemoryLimit(config, { moments: optimizer.moments.length }),
      ...(checkpoints && { checkpoint: blockSegments }),
    },
  };
  const batch = batchSpec(fields, loader.batchSize);
  const step = await (stages === undefined
    ? createTrainStep(task.objective, batch, options)
    : createGradCacheStep(stages, batch, options));
  checkRules(config.optimizer.rules, step.arena.names);
  const { weights, unmerged, refresh } = evaluationWeights(step);
  const cache: FrozenCache | undefined =
    frozen &&
    (await cacheFrozen(frozen, config, {
      ...{ runtime, session, progress: data.progress ?? silent },
      weights: (name) => weights.get(name)!,
    }));
  return {
    config,
    task,
    loader: cache ? { ...loader, ...cache.withFeatures(loader, step.reads) } : loader,
    notes: data.notes,
    step,
    updates: {
      groups,
      totalSteps,
      learningRate: config.optimizer.learningRate,
      weightDecay: config.optimizer.weightDecay,
      schedule: config.schedule,
      clipNorm: train.clipNorm,
      emaDecay: train.emaDecay,
      accumulationSteps: train.accumulationSteps,
      resetMomentsAt: task.resetMomentsAt,
    },
    totalSteps,
    stepsPerEpoch,
    weights,
    parameters: countTaskParameters(task, step.parameters.values()),
    ...(data.tokenizer !== undefined && { tokenizer: data.tokenizer }),
    openSplit: (split, other = config.data) =>
      openSplit({ ...config, data: other }, split, {
        ...data,
        training: false,
        evenBatches: task.comparedSamples,
      }),
    async loadWeights(checkpoint) {
      await restoreWeights(checkpoint, [...unmerged], {
        averaged: train.emaDecay !== undefined,
        lora: groups.lora,
      });
      refresh();
      cache?.refresh();
    },
    async createEvaluator(outputs, { batchSize = task.comparedSamples ?? train.batchSize } = {}) {
      const evaluation = {
        ...{ runtime, session, fields, batchSize },
        weights: (name: string) => weights.get(name)!,
        ...defined({ outputs, features: cache }),
      };
      const evaluator = await (task.stages === undefined
        ? createEvaluator(task.objective, evaluation)
        : createStagedEvaluator(task.stages, evaluation));
      return {
        ...evaluator,
        run(source, visit) {
          refresh();
          return evaluator.run(source, visit);
        },
      };
    },
    async dispose() {
      try {
        step.dispose();
        await cache?.close();
      } finally {
        await loader.dispose();
      }
    },
  };
}

/** Checks that a configuration with a task names no system of the toolkit. */
function checkTask({ model: { system } }: TrainConfig, task: GivenTask | undefined): void {
  if (task === undefined || system === "custom") return;
  throw usageError(
    `options.task replaces the model, but model.system is ${system}; drop one of them: a configuration for a task has model.system custom`,
  );
}

function chooseSteps({ train, schedule }: TrainConfig, stepsPerEpoch: number): number {
  const total = train.maxSteps ?? Math.ceil((train.epochs ?? 0) * stepsPerEpoch - 1e-9);
  if (total === 0) {
    throw usageError("the length of the training is missing: set train.max_steps or train.epochs");
  }
  if (schedule.warmupSteps > total) {
    throw usageError(
      `schedule.warmup_steps ${schedule.warmupSteps} exceeds the ${total} steps of the run; lower it or train longer`,
    );
  }
  return total;
}

function createOptimizer({ optimizer }: TrainConfig): Optimizer {
  return optimizer.name === "adamw" ? adamW(optimizer) : sgd(optimizer);
}
