/** Runs or checks the commands in the docs. */
import { existsSync } from "node:fs";
import { expect } from "vitest";
import { loadConfig } from "../../../src/config/load.ts";
import { trainConfigSchema } from "../../../src/recipe/config.ts";
import { moesaic } from "../moesaic.fixture.ts";

/** The recipe for each run that the docs use before one of their commands has created it. */
const preparedRuns: Readonly<Record<string, string>> = {
  "runs/quickstart": "quickstart",
  "runs/wide": "quickstart",
  "runs/shapes": "shapes-vit-moe",
  "runs/makemoe": "makemoe-shakespeare",
  "runs/seemoe-shapes": "seemoe-shapes",
};

/** Settings for a tiny training, in the order in which they are tried. */
const tinySettings = [
  "train.max_steps=2",
  "train.eval_every=2",
  "train.batch_size=2",
  "train.choose_from_step=1",
  "train.log_every=2",
  "train.log_experts_every=1",
  "schedule.warmup_steps=0",
  "model.width=16",
  "model.num_heads=2",
  "model.vision.width=16",
  "model.vision.num_heads=2",
  "model.vision.num_layers=1",
  "data.workers=0",
  "runtime.threads=1",
];
/** Sizes of generated sets, and of sets in files. */
const generatedSizes = ["data.train_size=16", "data.validation_size=16", "data.test_size=16"];
const fileSizes = ["data.validation_size=1", "data.test_size=1"];

/** Commands that need a network, hours, or a browser; they are checked but not run. */
const onlyChecked = [/^data get /, /^domains /, /^inspect /];

/** Runs a command of the docs on small settings, or checks it if that is not possible. */
export async function runCommand(argv: readonly string[]): Promise<void> {
  const line = argv.join(" ");
  if (onlyChecked.some((pattern) => pattern.test(line))) return checkCommand(argv);
  for (const run of usedRuns(argv)) await prepare(run);
  const { code, err } = await moesaic(...argv, ...tinyOf(argv));
  expect(code, `moesaic ${line}\n${err}`).toBe(0);
}

/**
 * The prepared runs that a command reads, itself or as `init_from` of its recipes; it writes the values of
 * `--run` and `--out`.
 */
function usedRuns(argv: readonly string[]): string[] {
  const resumes = argv.includes("--resume");
  const isWritten = (at: number): boolean => /^--(run|out)$/.test(argv[at - 1] ?? "") && !resumes;
  const { sources, settings } = training(argv);
  const starts = sources.flatMap((source) => {
    const { initFrom } = loadConfig(source, trainConfigSchema, { overrides: settings });
    return [initFrom ?? []].flat().flatMap(({ path }) => path ?? []);
  });
  const words = argv.filter((_, at) => !isWritten(at));
  return [...words, ...starts].filter((word) => word in preparedRuns);
}

async function prepare(run: string): Promise<void> {
  if (existsSync(run)) return;
  await runCommand(["train", preparedRuns[run]!, "--run", `./${run}`]);
}

/** The tiny settings that the recipes of a training accept, without the ones that its command sets. */
function tinyOf(argv: readonly string[]): string[] {
  const { sources, settings } = training(argv);
  const [first] = sources;
  if (first === undefined) return [];
  const config = loadConfig(first, trainConfigSchema, { overrides: settings });
  const inDomains = config.train.samplesPerDomain !== undefined;
  const sizes = "trainSize" in config.data ? generatedSizes : fileSizes;
  const layers = "blocks" in config.model ? ["model.num_layers=2", "model.blocks=SF"] : ["model.num_layers=1"]; // biome-ignore format: one choice
  const domains = inDomains ? ["train.samples_per_domain=2"] : [];
  const wanted = [...tinySettings, ...layers, ...sizes, ...domains];
  const keys = settings.map((setting) => setting.split("=")[0]!);
  const accepted: string[] = [];
  for (const candidate of wanted) {
    if (keys.includes(candidate.split("=")[0]!)) continue;
    const all = [...settings, ...accepted, candidate];
    if (sources.every((source) => loads(source, all))) accepted.push(candidate);
  }
  return accepted;
}

/** Recipes and settings of a command that trains or counts. */
function training([name, ...words]: readonly string[]): { sources: string[]; settings: string[] } {
  if (name !== "train" && name !== "domains") return { sources: [], settings: [] };
  const sources: string[] = [];
  const settings: string[] = [];
  words.forEach((word, at) => {
    const isValue = /^--(run|out|checkpoint|trials|algorithms|test-domains)$/.test(
      words[at - 1] ?? "",
    );
    if (word.startsWith("--") || isValue) return;
    (word.includes("=") ? settings : sources).push(word);
  });
  return { sources, settings };
}

function loads(source: string, overrides: readonly string[]): boolean {
  try {
    loadConfig(source, trainConfigSchema, { overrides });
    return true;
  } catch {
    return false;
  }
}

/** Checks that a command, its options and its recipes exist. */
export async function checkCommand(argv: readonly string[]): Promise<void> {
  const line = `moesaic ${argv.join(" ")}`;
  const names = argv.slice(0, argv[0] === "experts" || argv[0] === "data" ? 2 : 1);
  const { code, out } = await moesaic(...names, "--help");
  expect(code, line).toBe(0);
  for (const word of argv) {
    if (word.startsWith("--")) expect(out, line).toMatch(new RegExp(`${word}\\b`));
  }
  const { sources, settings } = training(argv);
  for (const source of sources) {
    loadConfig(source, trainConfigSchema, { overrides: settings });
  }
}
