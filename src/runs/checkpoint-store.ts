/**
 * Checkpoints of a run: `checkpoints/<step>/`, each complete or absent.
 *
 * Besides the files of the trainer each contains `checkpoint.json` with its step and score, so the best
 * one needs no separate marker that could disagree.
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

const infoSchema = z.object({ step: z.int().nonnegative(), score: z.number().nullable() });

/** The complete checkpoints of a run by step; incomplete ones are skipped. */
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

/** Removes leftovers of an interrupted save; requires the lock of the run. */
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
