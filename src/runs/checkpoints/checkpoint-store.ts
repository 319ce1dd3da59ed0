/**
 * Checkpoints of a run: `checkpoints/<step>/`, each complete or absent.
 *
 * Besides the files of the trainer each contains `checkpoint.json` with its step, score and digests, so
 * the best one needs no separate marker that could disagree.
 */
import * as nodeFs from "node:fs/promises";
import { basename, join } from "node:path";
import {
  explainDiskError,
  type FileContent,
  type FileSystem,
  ignoreMissing,
  makeFolder,
  writeDirectoryAtomically,
} from "../files.ts";
import { digestRunFiles } from "../run-file-digests.ts";
import {
  encodeManifest,
  MANIFEST,
  type ReadManifest,
  readManifest,
} from "./checkpoint-manifest.ts";

/** A complete checkpoint on disk. */
export interface Checkpoint {
  step: number;
  /** Its directory. */
  path: string;
  /** Higher is better; null if it was not scored. */
  score: number | null;
}

export interface SaveOptions {
  /** Higher is better: pass an accuracy, or the negative of a loss. */
  score?: number | null;
  /** Number of newest checkpoints to keep besides the best. Default 2. */
  keep?: number;
  fs?: FileSystem;
}

/** The folders of a run's checkpoints. */
export interface CheckpointSurvey {
  /** Complete checkpoints by step. */
  readonly checkpoints: readonly Checkpoint[];
  /** Numbered folders whose `checkpoint.json` is damaged or newer than this version reads. */
  readonly unreadable: readonly UnreadableCheckpoint[];
  /** Paths of the remains of interrupted saves and removals. */
  readonly leftovers: readonly string[];
}

export interface UnreadableCheckpoint {
  readonly step: number;
  readonly path: string;
  readonly reason: Exclude<ReadManifest, { manifest: unknown } | { missing: true }>;
}

/** Names of folders that `saveCheckpoint` is writing, replacing and removing. */
const TEMPORARY = /^\.(tmp|old|drop)-/;

/** Reads the manifests of all checkpoints of a run. */
export async function surveyCheckpoints(runDirectory: string): Promise<CheckpointSurvey> {
  const root = join(runDirectory, "checkpoints");
  const names = (await nodeFs.readdir(root).catch(ignoreMissing)) ?? [];
  const checkpoints: Checkpoint[] = [];
  const unreadable: UnreadableCheckpoint[] = [];
  const incomplete: Pick<Checkpoint, "step" | "path">[] = [];
  for (const name of names.filter((name) => /^\d+$/.test(name))) {
    const path = join(root, name);
    const step = Number(name);
    const read = await readManifest(path);
    if ("missing" in read) incomplete.push({ step, path });
    else if (!("manifest" in read)) unreadable.push({ step, path, reason: read });
    else if (read.manifest.step === step) {
      checkpoints.push({ step, score: read.manifest.score, path });
    } else {
      const problem = `it is of step ${read.manifest.step}`;
      unreadable.push({ step, path, reason: { problem } });
    }
  }
  checkpoints.sort((a, b) => a.step - b.step);
  // Older versions removed checkpoints file by file; a kill left folders without checkpoint.json.
  const newest = latest(checkpoints)?.step ?? -1;
  for (const { step, path } of incomplete) {
    if (step < newest) continue;
    unreadable.push({ step, path, reason: { problem: "it is missing" } });
  }
  const halfRemoved = incomplete.filter(({ step }) => step < newest).map(({ path }) => path);
  const temporary = names.filter((name) => TEMPORARY.test(name)).map((name) => join(root, name));
  return { checkpoints, unreadable, leftovers: [...temporary, ...halfRemoved] };
}

/** The complete checkpoints of a run by step; others are skipped. */
export async function listCheckpoints(runDirectory: string): Promise<Checkpoint[]> {
  return [...(await surveyCheckpoints(runDirectory)).checkpoints];
}

/** The newest checkpoint. */
export function latest(checkpoints: readonly Checkpoint[]): Checkpoint | undefined {
  return checkpoints.at(-1);
}

/** The checkpoint with the highest score, on ties the earliest; undefined if none has a score. */
export function best(checkpoints: readonly Checkpoint[]): Checkpoint | undefined {
  let winner: Checkpoint | undefined;
  for (const checkpoint of checkpoints) {
    if (checkpoint.score === null) continue;
    if (winner === undefined || checkpoint.score > winner.score!) winner = checkpoint;
  }
  return winner;
}

/**
 * Saves a checkpoint, then removes all but the newest `keep` and the best.
 *
 * @throws UserError if writing fails; earlier checkpoints are then unchanged
 */
export async function saveCheckpoint(
  runDirectory: string,
  step: number,
  files: Readonly<Record<string, FileContent>>,
  { score = null, keep = 2, fs = nodeFs }: SaveOptions = {},
): Promise<Checkpoint> {
  const before = latest(await listCheckpoints(runDirectory));
  const path = join(runDirectory, "checkpoints", String(step));
  const info = { step, score: Number.isFinite(score) ? score : null };
  try {
    await makeFolder(join(runDirectory, "checkpoints"), fs);
    const run_files = await digestRunFiles(runDirectory);
    await writeDirectoryAtomically(
      path,
      files,
      {
        name: MANIFEST,
        describe: (written) => encodeManifest({ ...info, files: written, run_files }),
      },
      fs,
    );
  } catch (error) {
    const advice = before
      ? `the checkpoint of step ${before.step} is unchanged: make room and continue with --resume`
      : "no earlier checkpoint exists: make room and start again";
    throw explainDiskError(error, `while saving the checkpoint of step ${step} to ${path}`, advice);
  }
  await pruneCheckpoints(runDirectory, keep, fs);
  return { ...info, path };
}

/** Removes all checkpoints but the newest `keep` and the best; requires the lock of the run. */
export async function pruneCheckpoints(
  runDirectory: string,
  keep: number,
  fs: FileSystem = nodeFs,
): Promise<void> {
  const checkpoints = await listCheckpoints(runDirectory);
  const kept = new Set([...checkpoints.slice(-keep), best(checkpoints)]);
  for (const checkpoint of checkpoints) {
    if (!kept.has(checkpoint)) await removeCheckpoint(checkpoint, fs);
  }
}

/** Removes a checkpoint; an interruption leaves a folder that no one takes for a checkpoint. */
async function removeCheckpoint({ path }: Checkpoint, fs: FileSystem): Promise<void> {
  const dropped = join(path, "..", `.drop-${basename(path)}`);
  await fs.rm(dropped, { recursive: true, force: true });
  await fs.rename(path, dropped);
  await fs.rm(dropped, { recursive: true, force: true });
}

/** Removes the checkpoints after `step`; requires the lock of the run. */
export async function removeLaterCheckpoints(runDirectory: string, step: number): Promise<void> {
  const { checkpoints, unreadable } = await surveyCheckpoints(runDirectory);
  for (const later of [...checkpoints, ...unreadable]) {
    if (later.step > step) await removeCheckpoint({ ...later, score: null }, nodeFs);
  }
}

/** Paths that a repair removed, and checkpoints that it restored. */
export interface RepairedCheckpoints {
  readonly removed: readonly string[];
  readonly restored: readonly string[];
}

/**
 * Removes leftovers of an interrupted save, and restores a checkpoint that it was replacing; requires the
 * lock of the run.
 */
export async function repairCheckpoints(runDirectory: string): Promise<RepairedCheckpoints> {
  const { leftovers } = await surveyCheckpoints(runDirectory);
  const root = join(runDirectory, "checkpoints");
  const names = (await nodeFs.readdir(root).catch(ignoreMissing)) ?? [];
  const done = { removed: [] as string[], restored: [] as string[] };
  for (const path of leftovers) {
    const name = basename(path);
    if (name.startsWith(".old-") && !names.includes(name.slice(5))) {
      const restored = join(root, name.slice(5));
      await nodeFs.rename(path, restored);
      done.restored.push(restored);
    } else {
      await nodeFs.rm(path, { recursive: true, force: true });
      done.removed.push(path);
    }
  }
  return done;
}
