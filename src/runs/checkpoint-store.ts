/**
 * Checkpoints of a run: `checkpoints/<step>/`, each complete or absent.
 *
 * Next to the files of the trainer each holds `checkpoint.json` with its step and score, so the
 * best one is found without a marker that could disagree.
 */
import * as nodeFs from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import {
  explainDiskError,
  type FileContent,
  type FileSystem,
  ignoreMissing,
  writeDirectoryAtomically,
} from "./files.ts";

/** A complete checkpoint on disk. */
export interface Checkpoint {
  step: number;
  /** Its folder. */
  path: string;
  /** Higher is better; null when the run had no score yet. */
  score: number | null;
}

export interface SaveOptions {
  /** Higher is better: pass an accuracy, or the negative of a loss. */
  score?: number | null;
  /** How many of the newest to keep besides the best. Default 2. */
  keep?: number;
  fs?: FileSystem;
}

const infoSchema = z.object({ step: z.int().nonnegative(), score: z.number().nullable() });

/** The complete checkpoints of a run, in order of their steps; half-written ones are left out. */
export async function listCheckpoints(runDirectory: string): Promise<Checkpoint[]> {
  const root = join(runDirectory, "checkpoints");
  const names = (await nodeFs.readdir(root).catch(ignoreMissing)) ?? [];
  const found: Checkpoint[] = [];
  for (const name of names.filter((name) => /^\d+$/.test(name))) {
    const path = join(root, name);
    const info = await readInfo(path);
    if (info?.step === Number(name)) found.push({ ...info, path });
  }
  return found.sort((a, b) => a.step - b.step);
}

async function readInfo(path: string): Promise<z.infer<typeof infoSchema> | undefined> {
  try {
    const text = await nodeFs.readFile(join(path, "checkpoint.json"), "utf8");
    return infoSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** The checkpoint to resume from. */
export function latest(checkpoints: readonly Checkpoint[]): Checkpoint | undefined {
  return checkpoints.at(-1);
}

/** The checkpoint with the highest score; the earliest of equals, none when none has a score. */
export function best(checkpoints: readonly Checkpoint[]): Checkpoint | undefined {
  let winner: Checkpoint | undefined;
  for (const checkpoint of checkpoints) {
    if (checkpoint.score === null) continue;
    if (winner === undefined || checkpoint.score > winner.score!) winner = checkpoint;
  }
  return winner;
}

/**
 * Saves a checkpoint, then removes those that are neither among the newest `keep` nor the best.
 *
 * @throws UserError when the disk is full or refuses; earlier checkpoints are untouched then
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
    await writeDirectoryAtomically(path, { ...files, "checkpoint.json": JSON.stringify(info) }, fs);
  } catch (error) {
    const advice = before
      ? `the checkpoint of step ${before.step} is intact: make room and continue with --resume`
      : "no earlier checkpoint exists: make room and start again";
    throw explainDiskError(error, `while saving the checkpoint of step ${step} to ${path}`, advice);
  }
  await prune(await listCheckpoints(runDirectory), keep, fs);
  return { ...info, path };
}

async function prune(checkpoints: Checkpoint[], keep: number, fs: FileSystem): Promise<void> {
  const kept = new Set([...checkpoints.slice(-keep), best(checkpoints)]);
  for (const checkpoint of checkpoints) {
    if (!kept.has(checkpoint)) await fs.rm(checkpoint.path, { recursive: true, force: true });
  }
}

/** Clears what an interrupted save left behind; only the holder of the run's lock may do this. */
export async function repairCheckpoints(runDirectory: string): Promise<void> {
  const root = join(runDirectory, "checkpoints");
  const names = (await nodeFs.readdir(root).catch(ignoreMissing)) ?? [];
  for (const name of names) {
    const path = join(root, name);
    if (name.startsWith(".old-") && !names.includes(name.slice(5))) {
      await nodeFs.rename(path, join(root, name.slice(5)));
    } else if (name.startsWith(".old-") || name.startsWith(".tmp-")) {
      await nodeFs.rm(path, { recursive: true, force: true });
    }
  }
}
