/** The small files of a run that a survey reads, with their size limited. */

import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { parseYaml } from "../../config/yaml.ts";
import { summaryCodec } from "../../inspect/record/record-codec.ts";
import type { StoredSummary } from "../../inspect/types/run-record.ts";
import type { DamagedFile } from "../checkpoints/verify-checkpoint.ts";
import { ignoreMissing } from "../files.ts";
import { lockHolder } from "../run-lock.ts";

const MAX_BYTES = 2 ** 20;

/** The content of a file, or why it cannot be read; both are missing if there is no file. */
export interface SmallFile<T> {
  readonly value?: T;
  readonly damage?: DamagedFile;
}

/** The settings of a run that describe it. */
export interface RunSettings {
  /** Empty if unknown. */
  readonly recipe: string;
  readonly system: string;
  readonly maxSteps: number | undefined;
}

/** Reads settings without checking the others, so that runs of plug-ins need no plug-in. */
export function readRunSettings(run: string): Promise<SmallFile<RunSettings>> {
  return readSmall(run, "config.yaml", (text) => {
    const { recipe, model, train } = asMapping(parseYaml(text, "config.yaml").toPlain());
    const { system } = asMapping(model);
    const { max_steps: maxSteps } = asMapping(train);
    return {
      recipe: typeof recipe === "string" ? recipe : "",
      system: typeof system === "string" ? system : "",
      maxSteps: typeof maxSteps === "number" ? maxSteps : undefined,
    };
  });
}

export function readSummary(run: string): Promise<SmallFile<StoredSummary>> {
  return readSmall(run, "summary.json", (text) => summaryCodec.decode(JSON.parse(text), "it"));
}

/** Whether a process is training the run: yes, no, or unknown because it is on another host. */
export async function readHolder(run: string): Promise<"alive" | "gone" | "elsewhere"> {
  const { value } = await readSmall(run, "run.lock", (text) => text);
  return value === undefined ? "gone" : lockHolder(join(run, "run.lock"), value);
}

async function readSmall<T>(
  run: string,
  name: string,
  read: (text: string) => T,
): Promise<SmallFile<T>> {
  const path = join(run, name);
  let file: FileHandle | undefined;
  try {
    // O_NONBLOCK: a named pipe would wait for a writer.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(ignoreMissing);
    if (file === undefined) return {};
    const { size } = await file.stat();
    if (size > MAX_BYTES)
      throw new Error(`it has ${size} bytes, and at most ${MAX_BYTES} are read`);
    return { value: read(await file.readFile("utf8")) };
  } catch (error) {
    const [problem] = (error as Error).message.split("\n");
    return { damage: { path, problem: problem! } };
  } finally {
    await file?.close();
  }
}

function asMapping(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) throw new Error("it is no configuration");
  return value as Record<string, unknown>;
}
