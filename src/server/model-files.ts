/** Files of a run's model for the browser. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { hasLiveModels, needsDataFacts } from "../live/kinds.ts";
import { unloadedPlugins } from "../recipe/plugins.ts";
import { openInside } from "./inside.ts";
import { checkpointEntries, configReader } from "./run-files.ts";

/** Maximum size of served weights, bytes. */
const MAX_WEIGHTS = 2 ** 30;

/** Files of a model by name, in chunks. */
export type ModelFiles = ReadonlyMap<string, readonly Uint8Array[]>;

export interface ModelReader {
  /** Whether every file that the model needs is present. */
  available(): Promise<boolean>;
  /**
   * The files; undefined if any required file is missing.
   *
   * @throws UserError if the files are invalid
   */
  read(): Promise<ModelFiles | undefined>;
}

/** Plug-ins that a configuration lists and that were not loaded with the inspector. */
export function pluginsToTrust(config: unknown): string[] {
  const { plugins } = (config ?? {}) as { plugins?: unknown };
  if (!Array.isArray(plugins)) return [];
  return unloadedPlugins(plugins.filter((plugin) => typeof plugin === "string"));
}

/**
 * Reads the model of the best checkpoint. Only files in the run directory are read, and the
 * vocabulary of a known tokenizer; links and paths in the configuration are not followed.
 */
export function modelReader(run: string): ModelReader {
  const readConfig = configReader(run);
  /**
   * Identity of all files of the model, which changes with each of them; undefined without a model.
   */
  const identify = async (): Promise<string | undefined> => {
    const { value } = await readConfig();
    if (typeof value !== "object" || value === null || "extends" in value) return undefined;
    if (pluginsToTrust(value).length > 0) return undefined;
    const { system } = (value as { model?: { system?: unknown } | null }).model ?? {};
    if (typeof system !== "string" || !hasLiveModels(system)) return undefined;
    const checkpoints = await checkpointEntries(run);
    const chosen = checkpoints.find(({ best }) => best) ?? checkpoints.at(-1);
    if (chosen === undefined) return undefined;
    const folder = join("checkpoints", String(chosen.step));
    const inputs = needsDataFacts({ system }) ? "model-inputs.json" : "tokenizer.json";
    const needed = ["config.yaml", inputs, join(folder, "model.safetensors")];
    const others = ["tokenizer.json", join(folder, "ema.safetensors")];
    const present = others.filter((name) => existsSync(join(run, name)));
    const parts: string[] = [];
    for (const name of [...needed, ...present]) {
      await using file = await openInside(run, name);
      if (file === undefined || file.size > MAX_WEIGHTS) return undefined;
      parts.push(`${file.path} ${file.identity} ${file.size} ${file.modified}`);
    }
    return parts.join("\n");
  };
  return {
    available: async () => (await identify()) !== undefined,
    async read() {
      const identity = await identify();
      if (identity === undefined) return undefined;
      if (recent?.identity !== identity) {
        recent = { identity, files: encodeModel(run) };
        recent.files.catch(forget);
      }
      clearTimeout(forgetting);
      forgetting = setTimeout(forget, KEPT_MS).unref();
      return recent.files;
    },
  };
}

/** Time for which the files of one model are cached, milliseconds. */
const KEPT_MS = 60_000;

/** The last model read: a page requests its files one by one, and several pages may request it. */
let recent: { readonly identity: string; readonly files: Promise<ModelFiles> } | undefined;
let forgetting: NodeJS.Timeout | undefined;

function forget(): void {
  recent = undefined;
}

async function encodeModel(run: string): Promise<ModelFiles> {
  // Imported on demand, because it loads most of the training code.
  const { encodeLiveModel, exportLiveModel } = await import("../runs/index.ts");
  return encodeLiveModel(await exportLiveModel(run, { trusted: false }));
}
