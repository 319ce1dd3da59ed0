/** Counts the parameters of a configuration's model, without training it or allocating weights. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Tensor } from "../graph/graph.ts";
import { input } from "../graph/inputs.ts";
import { createScope, type ParameterSpec, type Trace } from "../nn/scope.ts";
import type { Task } from "../tasks/task.ts";
import type { TrainConfig } from "./config.ts";
import { createTask } from "./create-task.ts";
import { type DescribeOptions, describeData } from "./describe-data.ts";
import { loadTrainConfig } from "./load-train-config.ts";
import { recipeGroups } from "./optimizer-config.ts";
import { type ParameterPart, parameterPart, parameterParts } from "./parameter-parts.ts";
import { countTaskParameters } from "./task-parameters.ts";
import { readTokenizer } from "./tokenizer-file.ts";

/** Counts by kind of token: `image` and `text` if they use different parameters, otherwise `token`. */
export type TokenCounts = Readonly<Record<string, number>>;

export interface CountedPart {
  readonly part: ParameterPart;
  readonly total: number;
  readonly byToken: TokenCounts;
}

export interface CountedModel {
  readonly recipe: string;
  readonly total: number;
  /** Parameters that train at some step: all without frozen ones and adapters. */
  readonly trained: number;
  /** Parameters that a token uses, including only the selected experts of each layer. */
  readonly byToken: TokenCounts;
  /** The parts of the model, in the order of `parameterParts`. */
  readonly parts: readonly CountedPart[];
}

export interface TraceModelOptions extends DescribeOptions {
  /** Called for each tensor of the graph; it may throw. */
  readonly admit?: (tensor: Tensor) => void;
}

/**
 * Traces the forward pass of a training batch; nothing is allocated for weights.
 *
 * @throws UserError (exit code 2) if the settings do not describe a valid model
 */
export async function traceModel(
  config: TrainConfig,
  { admit, ...options }: TraceModelOptions = {},
): Promise<{ readonly task: Task; readonly trace: Trace }> {
  const source = await describeData(config, options);
  const task = createTask(config, source);
  const { lora } = recipeGroups(config);
  const { scope, trace } = createScope({ training: true, admit, adapterOf: lora?.adapterOf });
  const batchSize = config.train.samplesPerDomain ?? config.train.batchSize;
  const fields = Object.entries(source.fields).map(([name, { dtype, shape }]) => {
    const spec = { dtype, shape: [batchSize, ...shape] };
    return [name, input(trace.graph, name, spec)] as const;
  });
  task.objective(scope, Object.fromEntries(fields));
  lora?.check(trace.linearLayers, [...trace.parameters.keys()]);
  return { task, trace };
}

/**
 * Counts the parameters of the model that a configuration describes, by tracing it.
 *
 * @throws UserError (exit code 2) if the settings do not describe a valid model
 * @example
 * await countModelParameters(loadConfig("limoe-h14", trainConfigSchema));
 * // { total: 5_576_130_561, trained: 5_576_130_561, byToken: { image: 632_892_161, text: 695_151_361 }, recipe, parts }
 */
export async function countModelParameters(
  config: TrainConfig,
  options: DescribeOptions = {},
): Promise<CountedModel> {
  const { task, trace } = await traceModel(config, options);
  const count = (parameters: readonly ParameterSpec[]) => {
    const { total, active, byToken = { token: active } } = countTaskParameters(task, parameters);
    return { total, byToken };
  };
  const all = [...trace.parameters.values()];
  const { trains } = recipeGroups(config);
  const trained = count(all.filter(trains)).total;
  const parts = parameterParts.map((part) => {
    return { part, ...count(all.filter(({ name }) => parameterPart(name) === part)) };
  });
  return {
    recipe: config.recipe,
    ...count(all),
    trained,
    parts: parts.filter(({ total }) => total > 0),
  };
}

export interface CountOptions extends Pick<DescribeOptions, "vocabularySize"> {
  /** Plug-ins in addition to the ones that the configuration lists. */
  readonly plugins?: readonly string[];
}

/**
 * Counts the parameters of a recipe, a file or a run directory.
 *
 * @param overrides `key.path=value` settings that override the configuration
 */
export async function countParametersOf(
  source: string,
  overrides: readonly string[] = [],
  { vocabularySize, plugins = [] }: CountOptions = {},
): Promise<CountedModel> {
  const own = join(source, "config.yaml");
  const isRun = existsSync(own);
  const config = await loadTrainConfig(isRun ? own : source, { overrides, plugins });
  const tokenizer = isRun ? await readTokenizer(source) : undefined;
  return countModelParameters(config, { vocabularySize, tokenizer });
}
