/** Trains a variant of the base recipe, or finds what an earlier call measured. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { configToYaml, loadConfig } from "../../src/config/load.ts";
import { maxViolation } from "../../src/inspect/statistics/routing-sums.ts";
import { type TrainConfig, trainConfigSchema } from "../../src/recipe/config.ts";
import { latest, listCheckpoints } from "../../src/runs/checkpoint-store.ts";
import { loadWeights, setUpTraining, type Training } from "../../src/train/setup.ts";
import { train } from "../../src/train/train.ts";
import { overridesOf, type Variant } from "./variants.ts";

/** What the table shows, on the validation split after the last step. */
export interface Measured {
  readonly accuracy: number;
  readonly loss: number;
  /** Of the worst layer. */
  readonly maxViolation: number;
  /** Of all layers. */
  readonly deadExperts: number;
  /** Fraction (0-1) of what was to be placed; mean over layers. */
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

const silent = { update: () => {}, note: () => {} };

/** The base recipe as a variant changes it, validated once, after the last step. */
export function configOf(variant: Variant, recipe: string, given: readonly string[]): TrainConfig {
  const config = loadConfig(recipe, trainConfigSchema, {
    overrides: [...overridesOf(variant), ...given],
  });
  const { maxSteps } = config.train;
  return { ...config, train: { ...config.train, ...(maxSteps && { evalEvery: maxSteps }) } };
}

/** Undefined if the signal ended it. */
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
  await train(config, { runDirectory, resume: false, overwrite: true, progress: silent, signal });
  if (signal.aborted) return undefined;
  const measured = await measure(config, runDirectory);
  writeFileSync(file, `${JSON.stringify({ config: yaml, measured }, null, 2)}\n`);
  return measured;
}

async function measure(config: TrainConfig, runDirectory: string): Promise<Measured> {
  const training = await setUpTraining(config);
  try {
    const last = latest(await listCheckpoints(runDirectory));
    await loadWeights(training, last!.path);
    return await readValidation(training);
  } finally {
    await training.dispose();
  }
}

async function readValidation(training: Training): Promise<Measured> {
  const loader = await training.openSplit("validation");
  const evaluator = await training.createEvaluator((name) => /\.(counts|success_rate)$/.test(name));
  const counts = new Map<string, number[]>();
  const placed = new Map<string, number>();
  let samples = 0;
  try {
    const scores = await evaluator.run(loader, (outputs, batch) => {
      samples += batch.indices.length;
      for (const tap of evaluator.graph.taps) {
        const values = Array.from(outputs[tap]!.data, Number);
        if (tap.endsWith(".success_rate")) {
          placed.set(tap, (placed.get(tap) ?? 0) + values[0]! * batch.indices.length);
        } else {
          counts.set(
            tap,
            values.map((value, e) => value + (counts.get(tap)?.[e] ?? 0)),
          );
        }
      }
    });
    const layers = [...counts.values()];
    const success = [...placed.values()].map((sum) => sum / samples);
    return {
      accuracy: scores.accuracy!,
      loss: scores.loss!,
      maxViolation: Math.max(...layers.map(maxViolation)),
      deadExperts: layers.flat().filter((count) => count === 0).length,
      droppedFraction:
        success.length === 0 ? 0 : 1 - success.reduce((a, b) => a + b) / success.length,
      steps: training.totalSteps,
    };
  } finally {
    evaluator.dispose();
    await loader.dispose();
  }
}
