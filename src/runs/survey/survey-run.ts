/** The state of a run directory, from its files. */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { MANIFEST } from "../checkpoints/checkpoint-manifest.ts";
import {
  type CheckpointSurvey,
  latest,
  surveyCheckpoints,
} from "../checkpoints/checkpoint-store.ts";
import { describeNewer } from "../checkpoints/choose-checkpoint.ts";
import {
  type DamagedFile,
  type DamageOptions,
  damagedFiles,
} from "../checkpoints/verify-checkpoint.ts";
import { isTemporary, isUnfinishedStart, unfinishedStart } from "../run-entries.ts";
import { readProgress } from "../state-files.ts";
import { advise } from "./advise.ts";
import { type DiskUse, diskUse } from "./disk-use.ts";
import { readHolder, readRunSettings, readSummary } from "./small-files.ts";

/** `training`: its lock is held; `no checkpoint`: it stopped before the first one. */
export type RunState = "training" | "finished" | "interrupted" | "damaged" | "no checkpoint";

export interface SurveyedRun extends DiskUse {
  readonly path: string;
  readonly state: RunState;
  /** Empty if unknown, as is `system`. */
  readonly recipe: string;
  readonly system: string;
  /** Updates in the newest checkpoint. */
  readonly step: number;
  /** Updates of the whole training; null if unknown. */
  readonly totalSteps: number | null;
  /** The best validation score so far; null if unknown. */
  readonly best: { readonly name: string; readonly value: number; readonly step: number } | null;
  /** Damaged files, the ones of the newest checkpoint first. */
  readonly damage: readonly DamagedFile[];
  /** Paths of the remains of interrupted writes. */
  readonly leftovers: readonly string[];
  /** One sentence with the command that continues, repairs or replaces the run; null if none is needed. */
  readonly advice: string | null;
}

export interface SurveyOptions {
  /** Reads all files of all checkpoints and compares their digests. Default: compares sizes. */
  readonly verify?: boolean;
}

/** A run on another host counts as training if it wrote within this time, milliseconds. */
const ELSEWHERE_MS = 120_000;

/** Whether a folder has entries of a training. */
export function isRunFolder(folder: string): boolean {
  const marks = ["config.yaml", "metrics.jsonl", "run.lock", "checkpoints"];
  return marks.some((name) => existsSync(join(folder, name)));
}

/** Reads the files of a run directory and decides its state. */
export async function surveyRun(
  path: string,
  { verify = false }: SurveyOptions = {},
): Promise<SurveyedRun> {
  const entries = await readdir(path);
  const use = await diskUse(path);
  const settings = await readRunSettings(path);
  const summary = await readSummary(path);
  const checkpoints = await surveyCheckpoints(path);
  const newest = latest(checkpoints.checkpoints);
  const progress = newest && (await readProgress(newest.path).catch(() => undefined));
  const { recipe = "", system = "", maxSteps } = settings.value ?? {};
  const known = {
    ...{ path, ...use, recipe, system },
    step: newest?.step ?? 0,
    totalSteps: maxSteps ?? progress?.totalSteps ?? null,
    best: progress?.best ? { ...progress.best, step: progress.bestStep } : null,
  };
  if (await isTraining(path, use)) {
    return { ...known, state: "training", damage: [], leftovers: [], advice: null };
  }

  const isStart = isUnfinishedStart(entries);
  const isMissing = !entries.includes("config.yaml") && (newest !== undefined || !isStart);
  const damage = [
    ...(await damagedCheckpoints(checkpoints, { onlySizes: !verify && progress !== undefined })),
    ...(isMissing ? [{ path: join(path, "config.yaml"), problem: "it is missing" }] : []),
    ...[settings.damage, summary.damage].flatMap((file) => file ?? []),
  ];
  const { steps = 0, validation } = summary.value ?? {};
  const isFinished = // The record is written last.
    entries.includes("record.json") && validation !== undefined && steps >= known.step;
  const state = ((): RunState => {
    if (damage.length > 0) return "damaged";
    if (newest === undefined) return "no checkpoint";
    return isFinished ? "finished" : "interrupted";
  })();
  return {
    ...known,
    state,
    damage,
    leftovers: [
      ...entries.filter(isTemporary).map((name) => join(path, name)),
      ...checkpoints.leftovers,
    ],
    advice: isStart ? unfinishedStart(path, entries) : await advise(path, state, damage),
  };
}

async function isTraining(path: string, { changed }: DiskUse): Promise<boolean> {
  const holder = await readHolder(path);
  const isRecent = changed !== null && Date.now() - changed < ELSEWHERE_MS;
  return holder === "alive" || (holder === "elsewhere" && isRecent);
}

async function damagedCheckpoints(
  { checkpoints, unreadable }: CheckpointSurvey,
  options: DamageOptions,
): Promise<DamagedFile[]> {
  const found: DamagedFile[] = unreadable.map(({ path, reason }) => ({
    path: join(path, MANIFEST),
    problem: "problem" in reason ? reason.problem : `it ${describeNewer(reason.newer)}`,
  }));
  for (const checkpoint of [...checkpoints].reverse()) {
    const damaged = await damagedFiles(checkpoint, options);
    // Several checkpoints may depend on the same file of the run.
    found.push(...damaged.filter(({ path }) => found.every((other) => other.path !== path)));
  }
  return found;
}
