import { existsSync } from "node:fs";
import { UserError, usageError } from "../../../graph/errors.ts";
import { formatBytes } from "../../../graph/format-bytes.ts";
import { errorCode } from "../../../runs/files.ts";
import { type CleanedRun, cleanRun } from "../../../runs/survey/clean-run.ts";
import { type FoundRuns, findRuns } from "../../../runs/survey/find-runs.ts";
import { isRunFolder, type SurveyedRun, surveyRun } from "../../../runs/survey/survey-run.ts";
import { type Context, printJson } from "../../context.ts";
import { createProgress, formatMetric } from "../../progress.ts";
import { printTable } from "../../table.ts";

export interface RunsOptions {
  readonly verify: boolean;
  readonly clean: boolean;
  readonly json: boolean;
}

/** Levels of folders below a given one; `moesaic domains` writes runs three levels deep. */
const MAX_DEPTH = 5;

/**
 * `moesaic runs`: lists run directories, verifies and cleans them.
 *
 * @returns the exit code: 1 if a run in training was not cleaned, or if `verify` found damage
 */
export async function runsCommand(
  context: Context,
  folders: readonly string[],
  { verify, clean, json }: RunsOptions,
): Promise<number> {
  const found = await search(folders.length > 0 ? folders : ["runs"]);
  const cleaned = clean ? await cleanAll(context, found.runs) : undefined;
  const runs = await surveyAll(context, found, verify);
  if (json) printJson(context, asJson(runs, found, cleaned?.runs));
  else {
    if (runs.length === 0) context.out.line("no runs");
    else printRuns(context, runs);
    for (const line of describeSkipped(found)) context.err.line(line);
  }
  const isDamaged = verify && runs.some(({ state }) => state === "damaged");
  return isDamaged || cleaned?.refused ? 1 : 0;
}

async function search(folders: readonly string[]): Promise<FoundRuns> {
  const all: FoundRuns = { runs: [], links: [], unreadable: [], unvisited: [] };
  for (const folder of folders) {
    if (!existsSync(folder)) {
      throw usageError(
        `${folder} does not exist; give a folder of runs, or train one first: moesaic train quickstart`,
      );
    }
    const found = await findRuns(folder, { isRun: isRunFolder, maxDepth: MAX_DEPTH });
    all.runs.push(...found.runs.filter((run) => !all.runs.includes(run)));
    all.links.push(...found.links);
    all.unreadable.push(...found.unreadable);
    all.unvisited.push(...found.unvisited);
  }
  return all;
}

async function surveyAll(
  context: Context,
  { runs: paths, unreadable }: FoundRuns,
  verify: boolean,
): Promise<SurveyedRun[]> {
  using progress = createProgress(context.err);
  const runs: SurveyedRun[] = [];
  for (const [at, path] of paths.entries()) {
    if (verify) progress.update({ label: "verify", done: at, total: paths.length });
    try {
      runs.push(await surveyRun(path, { verify }));
    } catch (error) {
      if (errorCode(error) === "ENOENT") continue; // cleaned, or removed in the meantime
      unreadable.push({ path, reason: errorCode(error) ?? (error as Error).message });
    }
  }
  return runs;
}

async function cleanAll(context: Context, paths: readonly string[]) {
  const runs: CleanedRun[] = [];
  let refused = false;
  for (const path of paths) {
    try {
      runs.push(await cleanRun(path));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      context.err.line(`not cleaned: ${error.message}`);
      refused = true;
    }
  }
  for (const { removed, restored } of runs) {
    for (const each of removed) {
      context.err.line(`removed ${each.path} (${formatBytes(each.bytes)})`);
    }
    for (const path of restored) context.err.line(`restored ${path}`);
  }
  context.err.line(`${formatBytes(freed(runs))} freed`);
  return { runs, refused };
}

function freed(runs: readonly CleanedRun[]): number {
  return runs.flatMap(({ removed }) => removed).reduce((sum, { bytes }) => sum + bytes, 0);
}

function printRuns({ out }: Context, runs: readonly SurveyedRun[]): void {
  const heading = ["run", "state", "recipe", "system", "step", "best", "size", "changed"];
  const rows = runs.map(
    ({ path, state, recipe, system, step, totalSteps, best, bytes, changed }) => [
      path,
      state,
      recipe,
      system,
      totalSteps === null ? `${step}` : `${step} of ${totalSteps}`,
      best === null ? "-" : `${best.name} ${formatMetric(best.value)} at ${best.step}`,
      formatBytes(bytes),
      changed === null ? "-" : new Date(changed).toLocaleString("sv-SE").slice(0, 16),
    ],
  );
  printTable(out, heading, rows);
  for (const { path, advice, leftovers } of runs) {
    if (advice !== null) out.line(advice);
    if (leftovers.length > 0) {
      const count = `${leftovers.length} ${leftovers.length === 1 ? "leftover" : "leftovers"}`;
      out.line(
        `${path} has ${count} of interrupted writes: remove with: moesaic runs ${path} --clean`,
      );
    }
  }
}

function describeSkipped({ links, unreadable, unvisited }: FoundRuns): string[] {
  const count = (number: number, one: string) => `${number} ${one}${number === 1 ? "" : "s"}`;
  return [
    ...(links.length > 0
      ? [`${count(links.length, "link")} to folders not followed, such as ${links[0]}`]
      : []),
    ...(unreadable.length > 0
      ? [
          `${count(unreadable.length, "folder")} cannot be read, such as ${unreadable[0]!.path} (${unreadable[0]!.reason})`,
        ]
      : []),
    ...(unvisited.length > 0
      ? [
          `${count(unvisited.length, "folder")} not searched, such as ${unvisited[0]}: name it to search it`,
        ]
      : []),
  ];
}

function asJson(
  runs: readonly SurveyedRun[],
  { links, unreadable, unvisited }: FoundRuns,
  cleaned: readonly CleanedRun[] | undefined,
) {
  return {
    runs: runs.map(({ totalSteps, changed, ...run }) => ({
      ...run,
      total_steps: totalSteps,
      changed: changed === null ? null : new Date(changed).toISOString(),
    })),
    skipped: { links, unreadable, unvisited },
    ...(cleaned && {
      removed: cleaned.flatMap(({ removed }) => removed),
      restored: cleaned.flatMap(({ restored }) => restored),
      freed_bytes: freed(cleaned),
    }),
  };
}
