import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ResourceDescription } from "../../../data/description.ts";
import { defined } from "../../../graph/defined.ts";
import { type Context, printJson } from "../../context.ts";
import type { CommonOptions } from "../../options.ts";
import { createProgress } from "../../progress.ts";
import { printTable } from "../../table.ts";

export interface DataOptions extends CommonOptions {
  /** Folder of the data sets. */
  readonly root: string | undefined;
}

/** `moesaic data list`: the known data sets and whether their files are present. */
export async function listDataCommand(
  context: Context,
  { json, root }: DataOptions,
): Promise<number> {
  const { listResources } = await import("../../../data/registry.ts");
  const { dataRoot } = await import("../../../data/read-gzipped.ts");
  const folder = dataRoot(root);
  const entries = listResources().map((resource) => ({
    name: resource.name,
    title: resource.title,
    description: resource.description,
    terms: resource.terms,
    state: stateOf(join(folder, resource.name), resource),
  }));
  if (json) printJson(context, entries);
  else {
    const rows = entries.map(({ name, state, terms, description }) => [
      name,
      state,
      terms,
      description,
    ]);
    printTable(context.out, ["data set", "state", "terms", "description"], rows);
  }
  return 0;
}

/** Files count as present with or without their `.gz`. */
function stateOf(folder: string, { files, place, homepage }: ResourceDescription): string {
  if (files.length === 0 && place === undefined) return "generated";
  if (homepage === undefined) return "yours";
  if (files.length === 0) return existsSync(folder) ? "present" : "to be placed";
  const present = ({ name }: { name: string }): boolean =>
    existsSync(join(folder, name)) || existsSync(join(folder, name.replace(/\.gz$/, "")));
  return files.every(present) ? "present" : "absent";
}

/** `moesaic data get`: downloads a data set from its publisher, or resumes the download. */
export async function getDataCommand(
  context: Context,
  name: string,
  { json, root }: DataOptions,
): Promise<number> {
  const { downloadDataset } = await import("../../../data/download.ts");
  using progress = createProgress(context.err);
  const folder = await downloadDataset(name, {
    ...defined({ root }),
    onProgress: (file, received, total) =>
      progress.update({ label: file, done: received, total: total ?? received }),
  });
  progress.close();
  if (json) printJson(context, { name, folder });
  else context.out.line(`${name} is in ${folder}`);
  return 0;
}
