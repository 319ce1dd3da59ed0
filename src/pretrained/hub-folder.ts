/** Folders as on the Hugging Face hub. */
import { existsSync } from "node:fs";
import { join } from "node:path";

const CONFIG_FILE = "config.json";
/** The configuration that open_clip writes. */
const OPEN_CLIP_CONFIG = "open_clip_config.json";

/** Whether a folder is a checkpoint as on the Hugging Face hub: a configuration, and no run. */
export function isHubFolder(folder: string): boolean {
  return existsSync(join(folder, configFileOf(folder))) && !existsSync(join(folder, "config.yaml"));
}

/** The name of the configuration in a folder: that of open_clip only if there is no other. */
export function configFileOf(folder: string): string {
  const isThere = (name: string): boolean => existsSync(join(folder, name));
  return !isThere(CONFIG_FILE) && isThere(OPEN_CLIP_CONFIG) ? OPEN_CLIP_CONFIG : CONFIG_FILE;
}
