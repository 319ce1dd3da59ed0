/**
 * Writes the measured and generated parts of docs/routing.md: trains the base recipe with every
 * routing method, times their steps, draws the pictures.
 *
 *   npm run docs:routing                          # all; finished runs are not repeated
 *   npm run docs:routing -- --only none,switch    # some runs; the page is not changed
 *   npm run docs:routing -- --pictures            # pictures and the table of combinations alone
 *   npm run docs:routing -- runtime.threads=1     # settings over the recipe
 */

import { execFileSync } from "node:child_process";
import { parseArgs } from "node:util";
import { listenForInterrupt } from "../src/cli/interrupt.ts";
import { drawPictures } from "./routing/draw-pictures.ts";
import { readMarked, writeMarked } from "./routing/marked.ts";
import { relativeStepTimes } from "./routing/step-times.ts";
import { combinationsTable, type MeasuredRow, measuredTables } from "./routing/tables.ts";
import { configOf, type Measured, trainVariant } from "./routing/train-variant.ts";
import { balancing, baseId, methods, type Variant } from "./routing/variants.ts";

const page = "docs/routing.md";
const recipe = "shapes-vit-moe";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: "string" },
    overwrite: { type: "boolean", default: false },
    pictures: { type: "boolean", default: false },
    runs: { type: "string", default: "runs/routing" },
    /** Runs at a time. */
    jobs: { type: "string", default: "1" },
  },
});

const log = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

/** Trains variants, `jobs` at a time. */
async function trainAll(variants: readonly Variant[]): Promise<Map<string, Measured> | undefined> {
  const measured = new Map<string, Measured>();
  const waiting = [...variants];
  const interruption = listenForInterrupt(log);
  const { signal } = interruption;
  const work = async (): Promise<void> => {
    for (let variant = waiting.shift(); variant !== undefined; variant = waiting.shift()) {
      const { runs, overwrite } = values;
      const options = { recipe, runs, overwrite, arguments: positionals, signal };
      const result = await trainVariant(variant, options);
      if (result === undefined) return;
      measured.set(variant.id, result);
      log(describe(variant, result));
    }
  };
  try {
    await Promise.all(Array.from({ length: Number(values.jobs) }, work));
  } finally {
    interruption.dispose();
  }
  return signal.aborted ? undefined : measured;
}

function describe({ id, balanced }: Variant, result: Measured): string {
  const { accuracy, loss, maxViolation, deadExperts, droppedFraction } = result;
  const even = maxViolation < 0.5 && deadExperts === 0;
  const verdict = balanced === undefined || even === balanced ? "" : "  NOT AS EXPECTED";
  return `${id}: accuracy ${accuracy.toFixed(3)}, loss ${loss.toFixed(3)}, violation ${maxViolation.toFixed(2)}, dead ${deadExperts}, dropped ${droppedFraction.toFixed(3)}${verdict}`;
}

async function measureAll(): Promise<void> {
  const all = [...methods, ...balancing];
  const only = values.only?.split(",");
  const chosen = only === undefined ? all : all.filter(({ id }) => only.includes(id));
  const measured = await trainAll(chosen);
  if (measured === undefined || only !== undefined) return;
  const configs = all.map((variant) => configOf(variant, recipe, positionals));
  const base = configs[all.findIndex(({ id }) => id === baseId)]!;
  const dense = { ...base, model: { ...base.model, moeLayers: "none" as const } };
  const times = await relativeStepTimes(base, [dense as typeof base, ...configs], log);
  const [denseTime, ...ratios] = times.ratios;
  const rows = (variants: readonly Variant[]): MeasuredRow[] =>
    variants.map((variant) => ({
      variant,
      measured: measured.get(variant.id)!,
      time: variant.id === baseId ? 1 : ratios[all.indexOf(variant)]!,
    }));
  const tables = measuredTables({
    methods: rows(methods),
    balancing: rows(balancing),
    denseTime: denseTime!,
    baseMs: times.baseMs,
    config: base,
  });
  writeMarked(page, "measured", tables);
}

if (!values.pictures) await measureAll();
await drawPictures("docs/routing");
writeMarked(page, "combinations", combinationsTable());
execFileSync("npx", ["biome", "format", "--write", page]);
log(`${page}: ${readMarked(page, "measured").split("\n").length} lines of measurements`);
