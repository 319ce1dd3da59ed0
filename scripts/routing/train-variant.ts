/** Trains a variant of the base recipe, or reads the measurements of a finished run. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { configToYaml, loadConfig } from "../../src/config/load.ts";
import { isRoutingTap, statisticsParts } from "../../src/moe/routing-taps.ts";
import { type TrainConfig, trainConfigSchema } from "../../src/recipe/config.ts";
import { latest, listCheckpoints } from "../../src/runs/checkpoints/checkpoint-store.ts";
import { routingRecorder } from "../../src/tasks/routing/routing-record.ts";
import { setUpTraining, type Training } from "../../src/train/setup.ts";
import { train } from "../../src/train/train.ts";
import { overridesOf, type Variant } from "./variants.ts";

/** The measurements in the table, on the validation split after the last step. */
export interface Measured {
  readonly accuracy: number;
  readonly loss: number;
  /** Maximum over layers. */
  readonly maxViolation: number;
  /** Sum over layers. */
  readonly deadExperts: number;
  /** Dropped fraction (0-1) of choices or tokens; mean over layers. */
  readonly droppedFraction: number;
  readonly steps: number;
}

export interface TrainVariantOptions {
  readonly recipe: string;
  /** Folder of the runs. */
  readonly runs: string;
  readonly overwrite: boolean;
  readonly arguments: readonly string[];
  readonly signal: AbortSignal;
}

/** The base recipe with the changes of a variant, validated once, after the last step. */
export function configOf(variant: Variant, recipe: string, given: readonly string[]): TrainConfig {
  const config = loadConfig(recipe, trainConfigSchema, {
    overrides: [...overridesOf(variant), ...given],
  });
  const { maxSteps } = config.train;
  return { ...config, train: { ...config.train, ...(maxSteps && { evalEvery: maxSteps }) } };
}

/** Undefined if the signal ended the run. */
export async function trainVariant(
  variant: Variant,
  options: TrainVariantOptions,
): Promise<Measured | undefined> {
  const config = configOf(variant, options.recipe, options.arguments);
  const runDirectory = join(options.runs, variant.id);
  const file = join(runDirectory, "measured.json");
  const yaml = configToYaml(config);
  if (!options.overwrite && existsSync(file)) {
    const known = JSON.parse(readFileSync(file, "utf8")) as { config: string; measured: Measured };
    if (known.config === yaml) return known.measured;
  }
  const { signal } = options;
  await train(config, { runDirectory, resume: false, overwrite: true, signal });
  if (signal.aborted) return undefined;
  const measured = await measure(config, runDirectory);
  writeFileSync(file, `${JSON.stringify({ config: yaml, measured }, null, 2)}\n`);
  return measured;
}

async function measure(config: TrainConfig, runDirectory: string): Promise<Measured> {
  const training = await setUpTraining(config);
  try {
    const last = latest(await listCheckpoints(runDirectory));
    await training.loadWeights(last!.path);
    return await readValidation(training);
  } finally {
    await training.dispose();
  }
}

async function readValidation(training: Training): Promise<Measured> {
  const loader = await training.openSplit("validation");
  const evaluator = await training.createEvaluator((name) => isRoutingTap(name, statisticsParts));
  const routing = routingRecorder(evaluator.graph.taps);
  try {
    const scores = await evaluator.run(loader, (outputs, batch) => routing.add(outputs, batch));
    const layers = routing.layers().map((layer) => layer.scores);
    const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
    return {
      accuracy: scores.accuracy!,
      loss: scores.loss!,
      maxViolation: Math.max(...layers.map((layer) => layer.maxViolation)),
      deadExperts: sum(layers.map((layer) => layer.deadExperts)),
      droppedFraction: sum(layers.map((layer) => layer.droppedFraction)) / layers.length,
      steps: training.totalSteps,
    };
  } finally {
    evaluator.dispose();
    await loader.dispose();
  }
}
