/** The model of a run as the files that a browser runs it from. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { hasLiveModels, needsDataFacts } from "../live/kinds.ts";
import { openInside } from "./inside.ts";
import { checkpointEntries, configReader } from "./run-files.ts";

/** Bytes of weights that are served, at most. */
const MAX_WEIGHTS = 2 ** 30;

/** Files of a model by name, in pieces. */
export type ModelFiles = ReadonlyMap<string, readonly Uint8Array[]>;

export interface ModelReader {
  /** Whether the run has what a model is made of. */
  available(): Promise<boolean>;
  /**
   * Undefined where it has not.
   *
   * @throws UserError where it has, and yet no model comes of it
   */
  read(): Promise<ModelFiles | undefined>;
}

/**
 * Reads the model of the best checkpoint. Nothing outside the run directory is read but the
 * vocabulary of a known tokenizer: not links, nor what the configuration points to.
 */
export function modelReader(run: string): ModelReader {
  const readConfig = configReader(run);
  const available = async (): Promise<boolean> => {
    const { value } = await readConfig();
    if (typeof value !== "object" || value === null || "extends" in value) return false;
    const { system } = (value as { model?: { system?: unknown } | null }).model ?? {};
    if (typeof system !== "string" || !hasLiveModels(system)) return false;
    const checkpoints = await checkpointEntries(run);
    const chosen = checkpoints.find(({ best }) => best) ?? checkpoints.at(-1);
    if (chosen === undefined) return false;
    const folder = join("checkpoints", String(chosen.step));
    const inputs = needsDataFacts({ system }) ? "model-inputs.json" : "tokenizer.json";
    const needed = ["config.yaml", inputs, join(folder, "model.safetensors")];
    const others = ["tokenizer.json", join(folder, "ema.safetensors")];
    const present = others.filter((name) => existsSync(join(run, name)));
    for (const name of [...needed, ...present]) {
      await using file = await openInside(run, name);
      if (file === undefined || file.size > MAX_WEIGHTS) return false;
    }
    return true;
  };
  return {
    available,
    async read() {
      if (!(await available())) return undefined;
      // Loaded when a model is asked for: it needs most of what training needs.
      const { encodeLiveModel, exportLiveModel } = await import("../runs/index.ts");
      return encodeLiveModel(await exportLiveModel(run));
    },
  };
}
