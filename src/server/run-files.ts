/** The small files of a run directory: validated, and reread only if they change. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { parseYaml } from "../config/yaml.ts";
import { anything } from "../inspect/record/json-codec.ts";
import { summaryCodec } from "../inspect/record/record-codec.ts";
import type { StoredSummary } from "../inspect/types/run-record.ts";
import type { CheckpointEntry } from "../inspect/types/view.ts";
import { decodeManifest } from "../runs/checkpoints/checkpoint-manifest.ts";
import { best } from "../runs/checkpoints/checkpoint-store.ts";
import { lockHolder } from "../runs/run-lock.ts";
import { ignoreUnreadable, openInside, readAll, readTextInside, realPathInside } from "./inside.ts";

const MAX_SMALL_FILE = 2 ** 20;
const MAX_CHECKPOINTS = 1000;
const MAX_CONFIG_DEPTH = 32;

/** The content of a file, or the reason why it is missing. */
export interface ReadFile<T> {
  /** Undefined if the file is missing or invalid. */
  readonly value: T | undefined;
  /** One sentence if the file is invalid. */
  readonly problem?: string;
}

/** Reads one file of a run, again after each change. */
export type FileReader<T> = () => Promise<ReadFile<T>>;

/** The configuration as plain data. */
export function configReader(run: string): FileReader<unknown> {
  const check = anything(MAX_CONFIG_DEPTH);
  return cachedReader(run, "config.yaml", (text) => {
    const value = parseYaml(text, "config.yaml").toPlain(); // may contain a cycle of aliases
    return JSON.parse(JSON.stringify(check.decode(value, "it")) ?? "null");
  });
}

export function summaryReader(run: string): FileReader<StoredSummary> {
  return cachedReader(run, "summary.json", (text) => summaryCodec.decode(JSON.parse(text), "it"));
}

function cachedReader<T>(run: string, name: string, read: (text: string) => T): FileReader<T> {
  let known: { readonly key: string; readonly result: ReadFile<T> } | undefined;
  return async () => {
    await using file = await openInside(run, name);
    if (file === undefined) {
      known = undefined;
      return { value: undefined };
    }
    const key = `${file.identity} ${file.size} ${file.modified}`;
    if (known?.key === key) return known.result;
    let result: ReadFile<T>;
    try {
      result = { value: read((await readAll(file, name, MAX_SMALL_FILE)).toString("utf8")) };
    } catch (error) {
      const [reason] = (error as Error).message.split("\n");
      result = { value: undefined, problem: `${name} cannot be read: ${reason}` };
    }
    known = { key, result };
    return result;
  };
}

/** Whether a process is training the run: yes, no, or unknown because it is on another host. */
export async function trainingState(run: string): Promise<"alive" | "gone" | "elsewhere"> {
  const text = await readTextInside(run, "run.lock", 4096).catch(() => undefined);
  return text === undefined ? "gone" : lockHolder(join(run, "run.lock"), text);
}

/** The complete checkpoints by step. */
export async function checkpointEntries(run: string): Promise<CheckpointEntry[]> {
  const folder = await realPathInside(run, "checkpoints");
  const names = (folder && (await readdir(folder).catch(ignoreUnreadable))) || [];
  const numbered = names.filter((name) => /^\d{1,12}$/.test(name)).slice(0, MAX_CHECKPOINTS);
  const found: { step: number; score: number | null; path: string }[] = [];
  for (const name of numbered) {
    const path = join("checkpoints", name);
    const text = await readTextInside(run, join(path, "checkpoint.json"), 4096).catch(() => "");
    const read = decodeManifest(text ?? "");
    if (!("manifest" in read) || read.manifest.step !== Number(name)) continue;
    const { step, score } = read.manifest;
    found.push({ step, score, path });
  }
  found.sort((a, b) => a.step - b.step);
  const chosen = best(found);
  return found.map(({ step, score }) => ({ step, score, best: step === chosen?.step }));
}
