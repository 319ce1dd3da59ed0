/** Exports the page and its data as static files for any web server and path. */
import { readdir, readFile, rename, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { makeFolder } from "../formats/make-folder.ts";
import { UserError, usageError } from "../graph/errors.ts";
import { MAX_RECORD_LENGTH } from "../inspect/record/record-codec.ts";
import type { RunList, RunView } from "../inspect/types/view.ts";
import { errorCode, explainDiskError, ignoreMissing } from "../runs/files.ts";
import type { AppFiles } from "./app-files.ts";
import type { FollowedRun } from "./followed-run.ts";
import { openInside, readAll } from "./inside.ts";
import type { RunRegistry } from "./run-registry.ts";
import { pagePolicy } from "./security-headers.ts";

export interface ExportOptions {
  readonly registry: RunRegistry;
  readonly files: AppFiles;
  /** The output folder: new, empty, or an earlier export, which is replaced. */
  readonly out: string;
  /** Receives problems of runs, such as a plug-in that is not loaded, and of their models. */
  readonly note?: (line: string) => void;
}

export interface Exported {
  readonly runs: number;
  readonly files: number;
  readonly bytes: number;
}

/**
 * Writes to a temporary folder and renames it at the end, so that a failure leaves `out` unchanged.
 *
 * @throws UserError if `out` contains other files or writing fails
 */
export async function exportRuns({
  registry,
  files,
  out,
  note = () => {},
}: ExportOptions): Promise<Exported> {
  const target = resolve(out);
  await requireReplaceable(target, out);
  const temporary = join(dirname(target), `.tmp-${basename(target)}-${process.pid}`);
  const sizes: number[] = [];
  const write = async (address: string, content: string | Uint8Array): Promise<void> => {
    const path = join(temporary, ...address.split("/"));
    await makeFolder(dirname(path));
    await writeFile(path, content);
    sizes.push(content.length);
  };
  try {
    await rm(temporary, { recursive: true, force: true });
    for (const [address, file] of files) {
      const { content } = file;
      await write(address, address === "index.html" ? withPolicy(content) : content);
    }
    const runs = await registry.runs();
    const entries: RunList["runs"][number][] = [];
    for (const run of runs) {
      const entry = await run.entry();
      for (const problem of entry.problems) note(`${run.name}: ${problem}`);
      entries.push(entry);
      await writeRun(run, (name, content) => write(`data/runs/${run.id}/${name}`, content), note);
    }
    await write(
      "data/runs.json",
      JSON.stringify({ live: false, runs: entries, models: [] } satisfies RunList),
    );
    await swap(temporary, target);
    return {
      runs: runs.length,
      files: sizes.length,
      bytes: sizes.reduce((sum, size) => sum + size, 0),
    };
  } catch (error) {
    throw explainDiskError(error, `while writing ${out}`);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function writeRun(
  run: FollowedRun,
  write: (name: string, content: string | Uint8Array) => Promise<void>,
  note: (line: string) => void,
): Promise<void> {
  const model = await run.model.read().catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    note(`${run.name} is exported without its model: ${error.message}`);
    return undefined;
  });
  for (const [name, chunks] of model ?? []) await write(`model/${name}`, Buffer.concat(chunks));
  const view: RunView = { ...(await run.view()), hasModel: model !== undefined };
  await write("run.json", JSON.stringify(view));
  await write("metrics.json", JSON.stringify(await run.table()));
  await using record = await openInside(run.path, "record.json");
  if (view.hasRecord && record !== undefined) {
    await write("record.json", await readAll(record, "record.json", MAX_RECORD_LENGTH));
  }
}

/** The page with the content security policy as a meta element. */
function withPolicy(page: Uint8Array): string {
  const meta = `<meta http-equiv="Content-Security-Policy" content="${pagePolicy}">`;
  const referrer = '<meta name="referrer" content="no-referrer">';
  return Buffer.from(page)
    .toString("utf8")
    .replace(/<head[^>]*>/i, (head) => `${head}\n    ${meta}\n    ${referrer}`);
}

async function requireReplaceable(target: string, out: string): Promise<void> {
  const names = await readdir(target).catch((error: unknown) => {
    if (errorCode(error) !== "ENOTDIR") return ignoreMissing(error);
    throw usageError(`${out} is a file; choose another --out`);
  });
  if (names === undefined && !(await stat(dirname(target)).catch(ignoreMissing))?.isDirectory()) {
    throw usageError(`there is no folder ${dirname(out)}; make it, or choose another --out`);
  }
  if (names !== undefined && names.length > 0 && !(await isExport(target))) {
    throw usageError(
      `${out} is not empty and not an earlier export; choose another --out, or empty it`,
    );
  }
}

/** Whether a folder is an export. */
async function isExport(folder: string): Promise<boolean> {
  try {
    const names = await readdir(folder);
    const list: unknown = JSON.parse(await readFile(join(folder, "data", "runs.json"), "utf8"));
    return names.includes("index.html") && (list as { live?: unknown } | null)?.live === false;
  } catch {
    return false;
  }
}

/** Replaces `target` by `temporary`. */
async function swap(temporary: string, target: string): Promise<void> {
  const replaced = join(dirname(target), `.old-${basename(target)}-${process.pid}`);
  await rmdir(target).catch(() => undefined); // if it is empty
  const had = await rename(target, replaced).then(
    () => true,
    (error: unknown) => {
      ignoreMissing(error);
      return false;
    },
  );
  try {
    await rename(temporary, target);
  } catch (error) {
    if (had) await rename(replaced, target);
    throw error;
  }
  await rm(replaced, { recursive: true, force: true });
}
