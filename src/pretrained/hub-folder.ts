/** Folders as on the Hugging Face hub. */
import { existsSync } from "node:fs";
import { join } from "node:path";

/** Whether a folder is a checkpoint as on the Hugging Face hub: a config.json, and no run. */
export function isHubFolder(folder: string): boolean {
  return existsSync(join(folder, "config.json")) && !existsSync(join(folder, "config.yaml"));
}
