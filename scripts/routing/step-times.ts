/** Time of a training step of every variant relative to the base, measured in alternation in one process. */

import { median } from "../../bench/median.ts";
import type { NdArray } from "../../src/graph/array.ts";
import { schedule } from "../../src/optim/schedule.ts";
import type { TrainConfig } from "../../src/recipe/config.ts";
import { setUpTraining, type Training } from "../../src/train/setup.ts";

const warmUp = 3;
const rounds = 25;
/** Sessions alive at a time, in addition to the base's. */
const groupSize = 5;

interface Timed {
  readonly training: Training;
  readonly batch: Readonly<Record<string, NdArray>>;
}

/**
 * Processor time of a step of each configuration relative to a step of the base just before it, on one
 * thread: medians of the ratios, so that other load on the machine matters little.
 */
export async function relativeStepTimes(
  base: TrainConfig,
  others: readonly TrainConfig[],
  log: (line: string) => void,
): Promise<{ readonly baseMs: number; readonly ratios: readonly number[] }> {
  const one = await prepare(base);
  const baseTimes: number[] = [];
  const ratios: number[] = [];
  try {
    for (let from = 0; from < others.length; from += groupSize) {
      log(`time of a step: ${from} of ${others.length}`);
      const group = others.slice(from, from + groupSize);
      ratios.push(...(await compareGroup(one, group, baseTimes)));
    }
  } finally {
    await one.training.dispose();
  }
  return { baseMs: median(baseTimes), ratios };
}

async function compareGroup(
  base: Timed,
  configs: readonly TrainConfig[],
  baseTimes: number[],
): Promise<number[]> {
  const others: Timed[] = [];
  try {
    for (const config of configs) others.push(await prepare(config));
    const ratios = others.map((): number[] => []);
    for (let round = 0; round < warmUp + rounds; round++) {
      for (const [i, other] of others.entries()) {
        const before = await timeOfStep(base, round);
        const own = await timeOfStep(other, round);
        if (round < warmUp) continue;
        baseTimes.push(before);
        ratios[i]!.push(own / before);
      }
    }
    return ratios.map(median);
  } finally {
    for (const { training } of others) await training.dispose();
  }
}

/** Milliseconds of processor time for forward, backward and optimizer. */
async function timeOfStep({ training, batch }: Timed, index: number): Promise<number> {
  const { step, updates, config, totalSteps } = training;
  const { learningRate, weightDecay } = config.optimizer;
  const factor = schedule(index, totalSteps, config.schedule);
  const start = process.cpuUsage();
  await step.accumulate(index, async () => ({ arrays: batch }));
  await step.optimizer.step(
    updates.groups.settings({ step: index, learningRate: learningRate * factor, weightDecay }),
  );
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

/** On one thread, and with one batch, so that the loader's threads are idle. */
async function prepare(config: TrainConfig): Promise<Timed> {
  const training = await setUpTraining({ ...config, runtime: { ...config.runtime, threads: 1 } });
  const { arrays } = (await training.loader.next())!;
  const batch = Object.entries(arrays).map(([name, { dtype, shape, data }]) => [
    name,
    { dtype, shape, data: data.slice() },
  ]);
  return { training, batch: Object.fromEntries(batch) };
}
