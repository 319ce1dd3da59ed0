/** Time of a training step of every variant over that of the base, all taking turns in one process. */

import { median } from "../../bench/median.ts";
import { schedule } from "../../src/optim/schedule.ts";
import type { TrainConfig } from "../../src/train/recipe/config.ts";
import { setUpTraining, type Training } from "../../src/train/setup.ts";

const warmUp = 3;
const rounds = 15;

/**
 * Median milliseconds of forward, backward and optimizer of each configuration.
 *
 * The variants are compared in groups beside the base, so that a few sessions are alive at a time.
 */
export async function relativeStepTimes(
  base: TrainConfig,
  others: readonly TrainConfig[],
  log: (line: string) => void,
): Promise<{ readonly baseMs: number; readonly ratios: readonly number[] }> {
  const ratios: number[] = [];
  const baseTimes: number[] = [];
  const groupSize = 5;
  for (let from = 0; from < others.length; from += groupSize) {
    log(`time of a step: ${from} of ${others.length}`);
    const group = others.slice(from, from + groupSize);
    const [mine, ...theirs] = await takeTurns([base, ...group]);
    baseTimes.push(mine!);
    ratios.push(...theirs.map((ms) => ms / mine!));
  }
  return { baseMs: median(baseTimes), ratios };
}

async function takeTurns(configs: readonly TrainConfig[]): Promise<number[]> {
  const trainings: Training[] = [];
  try {
    for (const config of configs) trainings.push(await setUpTraining(config));
    const ms = trainings.map((): number[] => []);
    for (let round = 0; round < warmUp + rounds; round++) {
      for (const [i, training] of trainings.entries()) {
        const { arrays } = (await training.loader.next())!;
        const start = performance.now();
        await stepOnce(training, arrays, round);
        if (round >= warmUp) ms[i]!.push(performance.now() - start);
      }
    }
    return ms.map(median);
  } finally {
    for (const training of trainings) await training.dispose();
  }
}

async function stepOnce(
  { step, groups, config, totalSteps }: Training,
  arrays: Parameters<Training["step"]["forwardBackward"]>[0],
  index: number,
): Promise<void> {
  await step.forwardBackward(arrays, index);
  const { learningRate, weightDecay } = config.optimizer;
  const factor = schedule(index, totalSteps, config.schedule);
  await step.optimizer.step(
    groups.settings({ step: index + 1, learningRate: learningRate * factor, weightDecay }),
  );
}
