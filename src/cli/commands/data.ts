import { existsSync } from "node:fs";
import { join } from "node:path";
import { didYouMean } from "../../config/nearest.ts";
import type { DatasetDescription } from "../../data/registry.ts";
import { defined } from "../../graph/defined.ts";
import { usageError } from "../../graph/errors.ts";
import { type CommonOptions, type Context, printJson } from "../context.ts";
import { createProgress } from "../progress.ts";
import { printTable } from "../table.ts";

export interface DataOptions extends CommonOptions {
  /** Folder of the data sets. */
  root?: string;
}

/** `moesaic data list`: the data sets known by name and whether their files are here. */
export async function listDataCommand(
  context: Context,
  { json, root }: DataOptions,
): Promise<number> {
  const { datasets } = await import("../../data/registry.ts");
  const { dataRoot } = await import("../../data/read-gzipped.ts");
  const folder = dataRoot(root);
  const entries = Object.entries(datasets).map(([name, dataset]) => ({
    name,
    title: dataset.title,
    description: dataset.description,
    terms: dataset.terms,
    state: stateOf(join(folder, name), dataset),
  }));
  if (json) printJson(context, entries);
  else {
    const rows = entries.map(({ name, state, terms, description }) => [
      name,
      state,
      terms,
      description,
    ]);
    printTable(context.out, ["data set", "state", "terms", "what it holds"], rows);
  }
  return 0;
}

/** Files may stand there with or without their `.gz`. */
function stateOf(folder: string, { files, place, homepage }: DatasetDescription): string {
  if (files.length === 0 && place === undefined) return "generated";
  if (homepage === undefined) return "yours";
  if (files.length === 0) return existsSync(folder) ? "present" : "to be placed";
  const present = ({ name }: { name: string }): boolean =>
    existsSync(join(folder, name)) || existsSync(join(folder, name.replace(/\.gz$/, "")));
  return files.every(present) ? "present" : "absent";
}

/** `moesaic data get`: downloads a data set from its publisher, or continues to. */
export async function getDataCommand(
  context: Context,
  name: string,
  { json, root }: DataOptions,
): Promise<number> {
  const { datasets } = await import("../../data/registry.ts");
  if (!Object.hasOwn(datasets, name)) {
    const near = didYouMean(name, Object.keys(datasets));
    const known = `; known are ${Object.keys(datasets).join(", ")}`;
    throw usageError(`unknown data set ${name}${near || known}`);
  }
  const { downloadDataset } = await import("../../data/download.ts");
  const progress = createProgress(context.err);
  try {
    const folder = await downloadDataset(name as keyof typeof datasets, {
      ...defined({ root }),
      onProgress: (file, received, total) =>
        progress.update({ label: file, done: received, total: total ?? received }),
    });
    progress.close();
    if (json) printJson(context, { name, folder });
    else context.out.line(`${name} is in ${folder}`);
    return 0;
  } finally {
    progress.close();
  }
}
