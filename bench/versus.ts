/** `train-step` and `inference`: our time beside each peer's, on the same weights and batch. */

import type { BenchArguments } from "./arguments.ts";
import { batchSizeOf, type CaseConfig, defaultWidths } from "./cases.ts";
import { compare, scheduleOf, type Work } from "./compare.ts";
import { ours } from "./ours.ts";
import { type Contestant, contestantRows, peersNamed, prepareAll, startedOf } from "./roster.ts";
import { makeRow, type Row } from "./row.ts";
import { withTask } from "./task.ts";

/** Above this width, WebAssembly peers take seconds per step. */
const widestDense = 128;

/** Default number of timed runs against them. */
const denseRuns = 8;

export async function versus(
  args: BenchArguments,
  work: Work,
  log: (line: string) => void,
): Promise<Row[]> {
  const widths = args.widths ?? defaultWidths;
  const rows: Row[] = [];
  for (const dense of [false, true]) {
    const cases = widths
      .filter((width) => !dense || width <= widestDense)
      .map((width): CaseConfig => {
        const sizes = { width, batchSize: batchSizeOf(width) };
        return dense
          ? { ...sizes, experts: 0, selected: 0 }
          : { ...sizes, experts: 8, selected: 2 };
      });
    const peers = peersNamed(args.peers, dense);
    if (cases.length === 0 || (dense && peers.length === 0)) continue;
    const contestants = await prepareAll(peers, { ...args, log });
    try {
      for (const config of cases) {
        log(`${args.bench}: ${caseName(config, work)}`);
        rows.push(...(await runCase(args, config, work, contestants)));
      }
    } finally {
      for (const peer of startedOf(contestants)) await peer.close();
    }
  }
  return rows;
}

async function runCase(
  args: BenchArguments,
  config: CaseConfig,
  work: Work,
  contestants: readonly Contestant[],
): Promise<Row[]> {
  const side = ours();
  try {
    return await withTask(config, async (task) => {
      const sides = [side, ...startedOf(contestants)];
      const usual = scheduleOf(config.width, args.runs);
      const schedule = config.experts > 0 ? usual : { block: 2, runs: args.runs ?? denseRuns };
      const entrants = sides.map((entrant) => ({ side: entrant, task }));
      const [mine, ...theirs] = await compare(entrants, work, schedule);
      const head = { bench: args.bench, case: caseName(config, work) };
      return contestants.length > 0
        ? contestantRows(head, mine!, contestants, theirs)
        : [makeRow({ ...head, peer: "none", version: null }, mine!, "no peer was requested")];
    });
  } finally {
    await side.close();
  }
}

function caseName({ width, batchSize, experts }: CaseConfig, work: Work): string {
  const model = experts > 0 ? "" : `dense${work === "train" ? " forward+backward" : ""}, `;
  return `${model}width ${width}, batch ${batchSize}`;
}
