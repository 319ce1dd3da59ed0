/**
 * Writes the measured tables of docs/limoe.md. Runs that are finished are not repeated.
 *
 *   npm run docs:limoe                                   # a recipe without its losses and its priority
 *   npm run docs:limoe -- --overwrite runtime.threads=1  # settings over the recipe
 *   npm run docs:limoe -- --baselines --recipe limoe-flickr8k-small data.root=../shared/data
 */
import { execFileSync } from "node:child_process";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { whole } from "../src/cli/option.ts";
import { toSnakeCase } from "../src/config/case.ts";
import { loadConfig } from "../src/config/load.ts";
import { type TrainConfig, trainConfigSchema } from "../src/recipe/config.ts";
import { ablationCells, ablationHeading, ablationNote } from "./limoe/ablation-table.ts";
import { baselineCells, baselineHeading, baselineNote } from "./limoe/baseline-table.ts";
import { type FinishedRun, finishedRun } from "./limoe/finished-run.ts";
import { ablations, baselines, type Variant } from "./limoe/variants.ts";
import { writeMarked } from "./routing/marked.ts";
import { markdownTable } from "./routing/tables.ts";

const page = "docs/limoe.md";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    recipe: { type: "string", default: "quickstart" },
    /** LIMoE beside dense models, rather than its losses. */
    baselines: { type: "boolean", default: false },
    /** Number of seeds, from 0, for each row of the baselines. */
    seeds: { type: "string", default: "3" },
    overwrite: { type: "boolean", default: false },
    /** Prints the table without changing the page. */
    print: { type: "boolean", default: false },
    runs: { type: "string", default: "runs/limoe" },
  },
});

const log = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

const load = (settings: readonly string[]): TrainConfig =>
  loadConfig(values.recipe, trainConfigSchema, { overrides: [...settings, ...positionals] });

async function runOf(id: string, settings: readonly string[]): Promise<FinishedRun> {
  const runDirectory = join(values.runs, values.recipe, id);
  const { overwrite } = values;
  return (await finishedRun(load(settings), runDirectory, { overwrite, log })) ?? process.exit(130);
}

async function ablationRows(variants: readonly Variant[]): Promise<string[][]> {
  const rows: string[][] = [];
  for (const { id, title, settings } of variants) {
    rows.push([title, ...ablationCells(await runOf(id, settings))]);
    log(rows.at(-1)!.join("  "));
  }
  return rows;
}

async function baselineRows(numSeeds: number): Promise<string[][]> {
  const rows: string[][] = [];
  for (const { id, title, settings } of baselines) {
    const runs: FinishedRun[] = [];
    for (let seed = 0; seed < numSeeds; seed++) {
      runs.push(await runOf(`${id}-${seed}`, [...settings, `seed=${seed}`]));
    }
    rows.push([title, ...baselineCells(runs)]);
    log(rows.at(-1)!.join("  "));
  }
  return rows;
}

const base = load([]);
const { model } = base;
if (model.system !== "limoe") throw new Error(`${values.recipe} is not a LIMoE recipe`);
const losses = toSnakeCase(model.moe.losses) as readonly { name: string }[];
const numSeeds = whole(1)(values.seeds, "--seeds");
const part = values.baselines
  ? {
      name: "baselines",
      seeds: `seeds 0 to ${numSeeds - 1}`,
      note: baselineNote,
      table: markdownTable(baselineHeading, await baselineRows(numSeeds)),
    }
  : {
      name: "ablation",
      seeds: `seed ${base.seed}`,
      note: ablationNote,
      table: markdownTable(ablationHeading, await ablationRows(ablations(losses))),
    };
const { maxSteps, epochs, batchSize } = base.train;
const length = maxSteps === undefined ? `${epochs} epochs in batches` : `${maxSteps} steps`;
const machine = cpus()[0]?.model.trim() ?? "an unknown processor";
const text = [
  `\`${base.recipe}\`, ${part.seeds}, ${length} of ${batchSize} pairs, test split, on ${machine}. ${part.note}`,
  part.table,
].join("\n\n");
if (values.print) process.stdout.write(`${text}\n`);
else {
  writeMarked(page, part.name, text);
  execFileSync("npx", ["biome", "format", "--write", page]);
}
