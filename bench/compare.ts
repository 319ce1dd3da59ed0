/** Times two sides on one task, alternating between them, and compares their losses. */

import { median } from "./median.ts";
import type { Side, Task } from "./peers/peer.ts";

export type Work = "train" | "infer";

export interface Schedule {
  /** Timed runs of each side. */
  readonly runs: number;
  /** Consecutive runs of one side before the other side runs. */
  readonly block: number;
}

/** Warm-up runs: memory pools and thread pools settle in the first two to four. */
const warmUp = 4;

/** Number of steps whose losses are compared, starting with the first step from the given weights. */
export const comparedSteps = 6;

export interface Entrant {
  readonly side: Side;
  readonly task: Task;
}

export interface Timing {
  /** Median milliseconds of a run. */
  readonly ms: number;
  /** Losses of the first training steps; empty for inference. */
  readonly losses: readonly number[];
}

export type Outcome = Timing | { readonly failure: string };

/** Enough runs for a stable median at each width, in blocks short enough to spread disturbances evenly. */
export function scheduleOf(width: number, runs?: number): Schedule {
  const [usual, block] =
    width <= 64 ? [60, 10] : width <= 128 ? [32, 4] : width <= 256 ? [18, 3] : [10, 2];
  return { runs: runs ?? usual, block };
}

/**
 * Initialises and warms up all entrants, then alternates blocks of runs between them.
 *
 * A failure of the first entrant ends the comparison; a failure of another ends only its part.
 */
export async function compare(
  entrants: readonly Entrant[],
  work: Work,
  schedule: Schedule,
): Promise<Outcome[]> {
  const records = entrants.map((entrant) => ({
    ...entrant,
    ms: [] as number[],
    losses: [] as number[],
    failure: undefined as string | undefined,
  }));
  const guarded = async (record: (typeof records)[number], turn: () => Promise<void>) => {
    if (record.failure !== undefined) return;
    try {
      await turn();
    } catch (error) {
      if (record === records[0]) throw error;
      record.failure = (error as Error).message;
    }
  };
  for (const record of records) {
    await guarded(record, async () => {
      await record.side.init(record.task);
      record.losses.push(...(await run(record.side, work, warmUp)).losses);
    });
  }
  for (let done = 0; done < schedule.runs; done += schedule.block) {
    const count = Math.min(schedule.block, schedule.runs - done);
    for (const record of records) {
      await guarded(record, async () => {
        const { ms, losses } = await run(record.side, work, count);
        record.ms.push(...ms);
        record.losses.push(...losses);
      });
    }
  }
  return records.map(({ ms, losses, failure }) =>
    failure === undefined
      ? { ms: median(ms), losses: losses.slice(0, comparedSteps) }
      : { failure },
  );
}

/** Maximum absolute difference of two loss curves over their common steps; null without losses. */
export function lossDifference(a: readonly number[], b: readonly number[]): number | null {
  const steps = Math.min(a.length, b.length);
  if (steps === 0) return null;
  let largest = 0;
  for (let i = 0; i < steps; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!));
  return largest;
}

async function run(
  side: Side,
  work: Work,
  count: number,
): Promise<{ ms: number[]; losses: number[] }> {
  if (work === "train") return side.step(count);
  return { ms: (await side.infer(count)).ms, losses: [] };
}
