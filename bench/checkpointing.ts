/**
 * `checkpointing`: memory and time of a training step that recomputes its blocks, as the trainer
 * runs it (without ONNX Runtime's memory pattern), against steps that keep all activations.
 */

import { fork } from "node:child_process";
import type { BenchArguments } from "./arguments.ts";
import { batchSizeOf } from "./cases.ts";
import type { Measured, MeasuredCase } from "./checkpointing-process.ts";
import { median } from "./median.ts";
import { makeRow, type Row } from "./row.ts";

const defaultWidths: readonly number[] = [512];
const defaultSteps = 8;

const variants = {
  "computed twice": { checkpoint: true, memoryPattern: false },
  "activations kept": { checkpoint: false, memoryPattern: true },
  "kept, no memory pattern": { checkpoint: false, memoryPattern: false },
} as const;
type Variant = keyof typeof variants;
const names = Object.keys(variants) as readonly Variant[];

/** Each variant is measured in a fresh process; variants alternate, so drifts cancel. */
const turns = 2;

export async function checkpointing(
  args: BenchArguments,
  log: (line: string) => void,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const width of args.widths ?? defaultWidths) {
    const sizes = { width, batchSize: batchSizeOf(width), steps: args.runs ?? defaultSteps };
    const runs = new Map<Variant, Measured[]>(names.map((name) => [name, []]));
    for (let turn = 0; turn < turns; turn++) {
      for (const name of names) {
        log(`checkpointing: width ${width}, ${name}, turn ${turn + 1} of ${turns}`);
        runs.get(name)!.push(await measureApart({ ...sizes, ...variants[name] }));
      }
    }
    const [twice, ...others] = names.map((name) => ({ name, ...summary(runs.get(name)!) }));
    for (const kept of others) {
      const head = {
        bench: args.bench,
        case: `width ${width}, batch ${sizes.batchSize}`,
        peer: kept.name,
        version: null,
      };
      const same = kept.digest === twice!.digest ? "the same gradients" : "OTHER GRADIENTS";
      rows.push({
        ...makeRow(head, { ms: twice!.ms, losses: [] }, { ms: kept.ms, losses: [] }),
        note: `process ${change(twice!.peakRss, kept.peakRss)}, activations ${change(twice!.peakInUse, kept.peakInUse)}, ${same}`,
      });
    }
  }
  return rows;
}

function change(now: number, before: number): string {
  const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(0);
  const percent = (100 * (now / before - 1)).toFixed(0);
  return `${mib(now)} against ${mib(before)} MiB (${percent} %)`;
}

function summary(runs: readonly Measured[]) {
  return {
    digest: [...new Set(runs.map(({ digest }) => digest))].join(),
    ms: median(runs.flatMap(({ ms }) => ms)),
    peakRss: Math.max(...runs.map(({ peakRss }) => peakRss)),
    peakInUse: Math.max(...runs.map(({ peakInUse }) => peakInUse)),
  };
}

function measureApart(config: MeasuredCase): Promise<Measured> {
  return new Promise((resolve, reject) => {
    const path = new URL("./checkpointing-process.ts", import.meta.url);
    const child = fork(path, [JSON.stringify(config)], { execArgv: ["--import", "tsx"] });
    let result: Measured | undefined;
    child.on("message", (message) => {
      result = message as Measured;
    });
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      if (result !== undefined) resolve(result);
      else reject(new Error(`the measured process ended with ${signal ?? code}`));
    });
  });
}
