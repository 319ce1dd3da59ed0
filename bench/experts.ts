/** `experts`: the cost of more experts if each token still uses two of them. */

import type { BenchArguments } from "./arguments.ts";
import { type CaseConfig, fixed } from "./cases.ts";
import { compare, type Entrant, scheduleOf } from "./compare.ts";
import { ours } from "./ours.ts";
import { type Contestant, contestantRows, peersNamed, prepareAll, startedOf } from "./roster.ts";
import { makeRow, type Row } from "./row.ts";
import { withTask } from "./task.ts";

const counts = [4, 8, 16, 32, 64] as const;
const selected = 2;
const defaultWidth = 128;

/**
 * 392 assignments for each of 64 experts, enough for matrix products to dominate the time. The
 * optimizer updates all weights, used or not, and that cost does not shrink with the batch.
 */
const batchSize = 256;

/** Every count is timed in alternation with four experts, so drifts cancel. */
export async function experts(args: BenchArguments, log: (line: string) => void): Promise<Row[]> {
  const contestants = await prepareAll(peersNamed(args.peers, false), { ...args, log });
  const rows: Row[] = [];
  try {
    for (const width of args.widths ?? [defaultWidth]) {
      for (const count of counts) {
        const config: CaseConfig = { width, batchSize, experts: count, selected };
        log(`experts: ${caseName(config)}`);
        rows.push(...(await runCount(args, config, contestants)));
      }
    }
  } finally {
    for (const peer of startedOf(contestants)) await peer.close();
  }
  return rows;
}

async function runCount(
  args: BenchArguments,
  config: CaseConfig,
  contestants: readonly Contestant[],
): Promise<Row[]> {
  const few = { ...config, experts: counts[0] };
  return withTask(config, (task) =>
    withTask(few, async (fewTask) => {
      const sides = [ours(), ours()] as const;
      try {
        const entrants: Entrant[] = [
          { side: sides[0], task },
          { side: sides[1], task: fewTask },
          ...startedOf(contestants).map((side) => ({ side, task })),
        ];
        const schedule = scheduleOf(config.width, args.runs);
        const [mine, reference, ...theirs] = await compare(entrants, "train", schedule);
        const head = { bench: "experts", case: caseName(config) };
        const own = { ...head, peer: `ours with E=${few.experts}`, version: null };
        const { loss_difference: _, ...first } = makeRow(own, mine!, reference!);
        return [first, ...contestantRows(head, mine!, contestants, theirs)];
      } finally {
        for (const side of sides) await side.close();
      }
    }),
  );
}

function caseName({ width, experts: count }: CaseConfig): string {
  return `E=${count}, K=${selected}, width ${width}, ${batchSize * fixed.tokens} tokens`;
}
