/**
 * Writes the measured table of docs/limoe.md: trains a recipe of LIMoE without its losses and its
 * priority, with some of them, and as it is.
 *
 *   npm run docs:limoe                                   # runs that are finished are not repeated
 *   npm run docs:limoe -- --overwrite runtime.threads=1  # settings over the recipe
 *   npm run docs:limoe -- --recipe limoe-flickr8k-small --print data.root=../shared/data
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { listenForInterrupt } from "../src/cli/interrupt.ts";
import { createProgress } from "../src/cli/progress.ts";
import { createTerminal } from "../src/cli/terminal.ts";
import { toSnakeCase } from "../src/config/case.ts";
import { configToYaml, loadConfig } from "../src/config/load.ts";
import type { MetricEvent, Summary } from "../src/inspect/types.ts";
import { type TrainConfig, trainConfigSchema } from "../src/train/recipe/config.ts";
import { readMetrics } from "../src/train/run/metrics-file.ts";
import { train } from "../src/train/train.ts";
import { type Ablation, ablations } from "./limoe/variants.ts";
import { writeMarked } from "./routing/marked.ts";
import { markdownTable } from "./routing/tables.ts";

const page = "docs/limoe.md";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    recipe: { type: "string", default: "quickstart" },
    overwrite: { type: "boolean", default: false },
    /** Prints the table and leaves the page as it is. */
    print: { type: "boolean", default: false },
    runs: { type: "string", default: "runs/limoe" },
  },
});

const log = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

const load = (settings: readonly string[]): TrainConfig =>
  loadConfig(values.recipe, trainConfigSchema, { overrides: [...settings, ...positionals] });

/** Trains a variant, or finds that it was; false where a signal ended it. */
async function trained({ id, settings }: Ablation, runDirectory: string): Promise<boolean> {
  const config = load(settings);
  const yaml = join(runDirectory, "config.yaml");
  const isKnown =
    existsSync(join(runDirectory, "summary.json")) &&
    readFileSync(yaml, "utf8") === configToYaml(config);
  if (isKnown && !values.overwrite) return true;
  const interruption = listenForInterrupt(log);
  const progress = createProgress(createTerminal(process.stderr));
  log(`${id}:`);
  try {
    const { signal } = interruption;
    await train(config, { runDirectory, resume: false, overwrite: true, progress, signal });
    return !signal.aborted;
  } finally {
    interruption.dispose();
  }
}

/** The cells of a row, from what the run wrote of its last split. */
async function rowOf({ title }: Ablation, runDirectory: string): Promise<string[]> {
  const { test = {} } = JSON.parse(
    readFileSync(join(runDirectory, "summary.json"), "utf8"),
  ) as Summary;
  const events = (await readMetrics(join(runDirectory, "metrics.jsonl"))).filter(
    ({ split }) => split === "test",
  );
  const score = (name: string): string => test[name]?.toFixed(3) ?? "-";
  return [
    title,
    worst(events, "text", "success_rate"),
    worst(events, "image", "success_rate"),
    score("zero_shot_accuracy"),
    score("zero_shot_unseen_accuracy"),
    score("image_to_text_r1"),
    score("text_to_image_r1"),
    score("loss"),
  ];
}

/** The lowest value of a metric of a modality among the layers. */
function worst(events: readonly MetricEvent[], modality: string, metric: string): string {
  const own = events.filter(({ name }) => name.endsWith(`/${modality}/${metric}`));
  return Math.min(...own.map(({ value }) => value)).toFixed(3);
}

const base = load([]);
const { model } = base;
if (model.system !== "limoe") throw new Error(`${values.recipe} is no recipe of LIMoE`);
const variants = ablations(toSnakeCase(model.moe.losses) as readonly { name: string }[]);
const rows: string[][] = [];
for (const variant of variants) {
  const runDirectory = join(values.runs, values.recipe, variant.id);
  if (!(await trained(variant, runDirectory))) process.exit(130);
  rows.push(await rowOf(variant, runDirectory));
  log(rows.at(-1)!.join("  "));
}
const heading = [
  "losses and priority",
  "text placed",
  "images placed",
  "zero-shot",
  "zero-shot, unseen",
  "image to text R@1",
  "text to image R@1",
  "loss",
];
const machine = cpus()[0]?.model.trim() ?? "an unknown processor";
const text = [
  `\`${base.recipe}\`, seed ${base.seed}, ${base.train.maxSteps ?? "-"} steps of ${base.train.batchSize} pairs, test split, on ${machine}. "Placed" is the routing success rate in the worst layer.`,
  markdownTable(heading, rows),
].join("\n\n");
if (values.print) process.stdout.write(`${text}\n`);
else {
  writeMarked(page, "ablation", text);
  execFileSync("npx", ["biome", "format", "--write", page]);
}
