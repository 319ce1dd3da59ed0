/** The model of a run as the files that a browser runs it from. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  encodeLiveModel,
  exportLiveModel,
  exportLiveModelSpec,
} from "../train/export-live-model.ts";
import { openInside } from "./inside.ts";
import { checkpointEntries, configReader } from "./run-files.ts";

/** Bytes of weights that are served, at most. */
const MAX_WEIGHTS = 2 ** 30;

/** Files of a model by name, in pieces. */
export type ModelFiles = ReadonlyMap<string, readonly Uint8Array[]>;

export interface ModelReader {
  /** Whether the run has a model to show. */
  available(): Promise<boolean>;
  /** Undefined where it has none. */
  read(): Promise<ModelFiles | undefined>;
}

/**
 * Reads the model of the best checkpoint. Nothing outside the run directory is read but the
 * vocabulary of a known tokenizer: not links, nor what the configuration points to.
 */
export function modelReader(run: string): ModelReader {
  const readConfig = configReader(run);
  let known: { readonly key: string; readonly available: boolean } | undefined;

  const checked = async (): Promise<string | undefined> => {
    const { value } = await readConfig();
    if (typeof value !== "object" || value === null || "extends" in value) return undefined;
    const checkpoints = await checkpointEntries(run);
    const chosen = checkpoints.find(({ best }) => best) ?? checkpoints.at(-1);
    if (chosen === undefined) return undefined;
    const folder = join("checkpoints", String(chosen.step));
    const needed = ["config.yaml", join(folder, "model.safetensors")];
    if (!readsNoData(value)) needed.push("model-inputs.json");
    const optional = ["tokenizer.json", join(folder, "ema.safetensors")];
    const present = optional.filter((name) => existsSync(join(run, name)));
    let key = String(chosen.step);
    for (const name of [...needed, ...present]) {
      await using file = await openInside(run, name);
      if (file === undefined || file.size > MAX_WEIGHTS) return undefined;
      key += ` ${file.identity} ${file.modified}`;
    }
    return key;
  };

  return {
    async available() {
      const key = await checked();
      if (key === undefined) return false;
      if (known?.key !== key) {
        const available = await exportLiveModelSpec(run).then(
          () => true,
          () => false,
        );
        known = { key, available };
      }
      return known.available;
    },
    async read() {
      if (!(await this.available())) return undefined;
      return encodeLiveModel(await exportLiveModel(run));
    },
  };
}

/** Whether a model is made from its settings and its tokenizer alone. */
function readsNoData(config: object): boolean {
  const { model } = config as { model?: { system?: unknown } | null };
  return model?.system === "moe-decoder";
}
