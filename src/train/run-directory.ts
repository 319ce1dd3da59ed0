/**
 * A run directory: `config.yaml`, `metrics.jsonl`, TensorBoard events, `checkpoints/<step>/`,
 * `summary.json`, `report.html`.
 */
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../graph/errors.ts";
import {
  type Checkpoint,
  latest,
  listCheckpoints,
  repairCheckpoints,
  type SaveOptions,
  saveCheckpoint,
} from "./checkpoint-store.ts";
import {
  errorCode,
  explainDiskError,
  type FileContent,
  ignoreMissing,
  writeFileAtomically,
} from "./files.ts";
import { type MetricsLog, openMetricsLog } from "./metrics-log.ts";
import { lockRun } from "./run-lock.ts";
import type { Summary } from "./types.ts";

/** A run directory open for training; one training at a time can have it. */
export interface RunDirectory {
  readonly path: string;
  readonly metrics: MetricsLog;
  /** The checkpoint to continue from; undefined for a new run, or one that had none yet. */
  readonly resumedFrom: Checkpoint | undefined;
  /** Writes a checkpoint after the metrics logged so far are safe on the disk. */
  saveCheckpoint(
    step: number,
    files: Readonly<Record<string, FileContent>>,
    options?: SaveOptions,
  ): Promise<Checkpoint>;
  writeConfig(yaml: string): Promise<void>;
  writeSummary(summary: Summary): Promise<void>;
  writeReport(html: string): Promise<void>;
  /** Closes the logs and gives the lock back. */
  close(): Promise<void>;
}

/**
 * Opens a run directory for training.
 *
 * With `resume`, events after the newest checkpoint are dropped from the metrics; a run that was
 * stopped before its first checkpoint starts again.
 *
 * @throws UserError when the directory is in use, has files and `resume` is off, or is missing and
 *   `resume` is on
 */
export async function openRunDirectory(
  path: string,
  { resume = false }: { resume?: boolean } = {},
): Promise<RunDirectory> {
  await requireFit(path, resume);
  const unlock = await claim(path);
  try {
    await repairCheckpoints(path);
    const resumedFrom = resume ? latest(await listCheckpoints(path)) : undefined;
    const metrics = await openMetricsLog(path, resume ? (resumedFrom?.step ?? -1) : undefined);
    const write = (name: string, text: string): Promise<void> =>
      writeFileAtomically(join(path, name), text);
    return {
      path,
      metrics,
      resumedFrom,
      async saveCheckpoint(step, files, options) {
        metrics.sync();
        return saveCheckpoint(path, step, files, options);
      },
      writeConfig: (yaml) => write("config.yaml", yaml),
      writeSummary: (summary) => write("summary.json", `${JSON.stringify(summary, null, 2)}\n`),
      writeReport: (html) => write("report.html", html),
      async close() {
        metrics.close();
        await unlock();
      },
    };
  } catch (error) {
    await unlock();
    throw explainDiskError(error, `while opening ${path}`);
  }
}

async function requireFit(path: string, resume: boolean): Promise<void> {
  const entries = await readdir(path).catch((error: unknown) => {
    if (errorCode(error) === "ENOTDIR") {
      throw new UserError(`${path} is a file; choose another --run`, { exitCode: 2 });
    }
    return ignoreMissing(error);
  });
  if (resume && !entries?.some((name) => name === "config.yaml" || name === "metrics.jsonl")) {
    throw new UserError(`there is no run to resume at ${path}; leave out --resume to start one`, {
      exitCode: 2,
    });
  }
  if (!resume && entries?.some((name) => !name.startsWith("run.lock"))) {
    const advice = entries.includes("config.yaml")
      ? "continue it with --resume or choose another --run"
      : "choose another --run";
    throw new UserError(`${path} exists and is not empty; ${advice}`, { exitCode: 2 });
  }
}

async function claim(path: string): Promise<() => Promise<void>> {
  try {
    await mkdir(path, { recursive: true });
    return await lockRun(path);
  } catch (error) {
    throw explainDiskError(error, `while creating ${path}`);
  }
}
