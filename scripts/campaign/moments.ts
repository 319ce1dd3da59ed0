/** Moments at which a training is killed. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { metricLines } from "./compare.ts";
import type { Random } from "./mutate.ts";

/** `start`: at any time of the first seconds; the others while these files are written or removed. */
export const moments = ["start", "steps", "save", "pruning", "summary", "report"] as const;
export type Moment = (typeof moments)[number];

const early: readonly Moment[] = ["start", "steps", "save", "pruning"];
const late: readonly Moment[] = ["summary", "report"];

/** A moment that the run can still reach. */
export function momentOf(
  run: string,
  { isLate, steps, random }: { isLate: boolean; steps: number; random: Random },
): Moment {
  const last = metricLines(run).at(-1);
  const step = last?.startsWith("{") ? (JSON.parse(last) as { step: number }).step : 0;
  const possible = isLate || step >= steps - 10 ? late : early;
  return possible[Math.floor(random() * possible.length)]!;
}

/** Longest time for a moment to come, milliseconds. */
const PATIENCE = 60_000;

/** Waits for the moment; false if the training ended before. */
export async function waitFor(
  run: string,
  moment: Moment,
  random: Random,
  isOver: () => boolean,
): Promise<boolean> {
  if (moment === "start") {
    await sleep(random() * 2500);
    return !isOver();
  }
  const reached = detectorOf(run, moment, random);
  const until = performance.now() + PATIENCE;
  while (!isOver() && performance.now() < until) {
    if (reached()) {
      await sleep(random() * 12);
      return !isOver();
    }
    await sleep(1);
  }
  return false;
}

/** Whether the files of a run show that the moment has come. */
function detectorOf(run: string, moment: Moment, random: Random): () => boolean {
  const checkpoints = join(run, "checkpoints");
  const metrics = join(run, "metrics.jsonl");
  if (moment === "steps") {
    const start = sizeOf(metrics);
    const more = 500 + random() * 15_000;
    return () => sizeOf(metrics) > start + more;
  }
  if (moment === "save") {
    let left = Math.floor(random() * 3);
    let saving = false;
    return () => {
      const now = namesIn(checkpoints).some((name) => name.startsWith(".tmp-"));
      if (now && !saving) left -= 1;
      saving = now;
      return left < 0;
    };
  }
  if (moment === "pruning") return () => namesIn(checkpoints).some((name) => /^\.(drop|old)-/.test(name)); // biome-ignore format: one line
  const wanted = moment === "summary" ? /^\.tmp-summary|^summary/ : /^\.tmp-re(port|cord)|^report/;
  return () => namesIn(run).some((name) => wanted.test(name));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}
