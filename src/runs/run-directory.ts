/**
 * A run directory: `config.yaml`, `metrics.jsonl`, TensorBoard events, `checkpoints/<step>/`,
 * `summary.json`, `report.html`, `record.json`, `model-inputs.json`; `tokenizer.json` if the model
 * reads text, `data-report.json` if readers of the data skipped or doubted anything.
 */
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { toSnakeCase } from "../config/case.ts";
import { makeFolder } from "../formats/make-folder.ts";
import { usageError } from "../graph/errors.ts";
import type { Summary } from "../inspect/types/run-record.ts";
import {
  type Checkpoint,
  pruneCheckpoints,
  removeLaterCheckpoints,
  repairCheckpoints,
  type SaveOptions,
  saveCheckpoint,
} from "./checkpoints/checkpoint-store.ts";
import { checkRunFiles, chooseCheckpoint } from "./checkpoints/choose-checkpoint.ts";
import { damagedFileError, damagedFiles } from "./checkpoints/verify-checkpoint.ts";
import {
  errorCode,
  explainDiskError,
  type FileContent,
  ignoreMissing,
  writeFileAtomically,
} from "./files.ts";
import { type MetricsLog, openMetricsLog } from "./metrics/metrics-log.ts";
import type { ModelInputs } from "./model-inputs-file.ts";
import { requireSameDirectory } from "./require-same-directory.ts";
import {
  isLock,
  isRunEntry,
  isTemporary,
  isUnfinishedStart,
  unfinishedStart,
} from "./run-entries.ts";
import { lockRun } from "./run-lock.ts";

/** A run directory open for training, locked against other trainings. */
export interface RunDirectory {
  readonly path: string;
  readonly metrics: MetricsLog;
  /** The checkpoint to resume from; undefined for a new run or one without checkpoints. */
  readonly resumedFrom: Checkpoint | undefined;
  /** Flushes the metrics to the disk, then writes a checkpoint. */
  saveCheckpoint(
    step: number,
    files: Readonly<Record<string, FileContent>>,
    options?: SaveOptions,
  ): Promise<Checkpoint>;
  /** Removes all checkpoints but the newest `keep` and the best, as every save does. */
  pruneCheckpoints(keep: number): Promise<void>;
  writeConfig(yaml: string): Promise<void>;
  /** Writes the tokenizer for later commands. */
  writeTokenizer(state: object): Promise<void>;
  /** Writes the properties of the data that later commands need without opening it. */
  writeModelInputs(inputs: ModelInputs): Promise<void>;
  /** Writes what the readers of the data skipped or doubted; nothing if the list is empty. */
  writeDataReport(items: readonly object[]): Promise<void>;
  writeSummary(summary: Summary): Promise<void>;
  writeReport(html: string): Promise<void>;
  /** Writes the record for the inspector. */
  writeRecord(json: string): Promise<void>;
  /** @throws UserError if the directory was deleted or renamed; the other functions throw it as well */
  requirePresent(): void;
  /** Closes the logs and releases the lock. */
  close(): Promise<void>;
}

/** Flags of the command line in messages are options of `train` in programs. */
const inPrograms = "(in a program: the options resume, overwrite and runDirectory)";

export interface OpenRunDirectoryOptions {
  readonly resume?: boolean;
  readonly overwrite?: boolean;
  /** Step of the checkpoint to resume from; later ones are removed. Default: the newest. */
  readonly from?: number | undefined;
}

/**
 * Opens a run directory for training.
 *
 * With `resume`, metrics after the newest checkpoint are dropped; a run without a checkpoint starts
 * again. With `overwrite`, the files of an earlier run are removed first.
 *
 * @throws UserError if the directory is in use, is not empty without either option, or is missing with
 *   `resume`
 */
export async function openRunDirectory(
  path: string,
  { resume = false, overwrite = false, from }: OpenRunDirectoryOptions = {},
): Promise<RunDirectory> {
  if (resume && overwrite) {
    throw usageError(
      `--resume continues a run and --overwrite replaces it; give one of them ${inPrograms}`,
    );
  }
  const entries = await requireFit(path, { resume, overwrite });
  const unlock = await claim(path);
  try {
    if (overwrite) await removeRun(path, entries);
    await repairCheckpoints(path);
    const resumedFrom = resume ? await chooseCheckpoint(path, from ?? "latest") : undefined;
    if (resumedFrom !== undefined) await checkRunFiles(path, resumedFrom);
    if (resumedFrom !== undefined && from !== undefined) {
      const [damaged] = await damagedFiles(resumedFrom); // before later ones are removed
      if (damaged !== undefined) throw await damagedFileError(damaged.path, damaged.problem);
      await removeLaterCheckpoints(path, from);
    }
    const metrics = await openMetricsLog(path, resume ? (resumedFrom?.step ?? -1) : undefined);
    const requirePresent = requireSameDirectory(path);
    const writing = async <T>(write: () => Promise<T>): Promise<T> => {
      requirePresent();
      try {
        return await write();
      } catch (error) {
        requirePresent(); // the reason, if the directory was removed during the writing
        throw error;
      }
    };
    const write = (name: string, text: string): Promise<void> =>
      writing(() => writeFileAtomically(join(path, name), text));
    return {
      path,
      metrics,
      resumedFrom,
      async saveCheckpoint(step, files, options) {
        metrics.sync();
        return writing(() => saveCheckpoint(path, step, files, options));
      },
      pruneCheckpoints: (keep) => writing(() => pruneCheckpoints(path, keep)),
      writeConfig: (yaml) => write("config.yaml", yaml),
      writeTokenizer: (state) => write("tokenizer.json", `${JSON.stringify(state)}\n`),
      writeModelInputs: (inputs) =>
        write("model-inputs.json", `${JSON.stringify(toSnakeCase(inputs), null, 2)}\n`),
      async writeDataReport(items) {
        if (items.length > 0)
          await write("data-report.json", `${JSON.stringify(items, null, 2)}\n`);
      },
      writeSummary: (summary) => write("summary.json", `${JSON.stringify(summary, null, 2)}\n`),
      writeReport: (html) => write("report.html", html),
      writeRecord: (json) => write("record.json", json),
      requirePresent,
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

/** Checks the directory and returns the names of its entries. */
async function requireFit(
  path: string,
  { resume, overwrite }: { resume: boolean; overwrite: boolean },
): Promise<string[]> {
  const entries = await readdir(path).catch((error: unknown) => {
    if (errorCode(error) === "ENOTDIR") {
      throw usageError(`${path} is a file; choose another --run ${inPrograms}`);
    }
    return ignoreMissing(error);
  });
  if (resume && !entries?.some((name) => name === "config.yaml" || name === "metrics.jsonl")) {
    throw usageError(
      `there is no run to resume at ${path}; drop --resume to start one ${inPrograms}`,
    );
  }
  const isRun = entries?.includes("config.yaml") ?? false;
  const isFree = entries?.every(isLock) ?? true;
  const isUnfinished = isUnfinishedStart(entries ?? []);
  if (!resume && !isFree && !(overwrite && (isRun || isUnfinished))) {
    if (isUnfinished) throw usageError(unfinishedStart(path, entries ?? []));
    const advice = isRun
      ? "continue it with --resume, replace it with --overwrite or choose another --run"
      : "choose another --run";
    throw usageError(`${path} exists and is not empty; ${advice} ${inPrograms}`);
  }
  return entries ?? [];
}

/** Removes the files of a run and nothing else; the configuration last, because it marks a run. */
async function removeRun(path: string, entries: readonly string[]): Promise<void> {
  const own = entries.filter((name) => isRunEntry(name) || isTemporary(name));
  own.sort((a, b) => Number(a === "config.yaml") - Number(b === "config.yaml"));
  for (const name of own) await rm(join(path, name), { recursive: true, force: true });
}

async function claim(path: string): Promise<() => Promise<void>> {
  try {
    await makeFolder(path);
    return await lockRun(path);
  } catch (error) {
    throw explainDiskError(error, `while creating ${path}`);
  }
}
