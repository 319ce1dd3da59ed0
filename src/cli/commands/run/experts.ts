import { defined } from "../../../graph/defined.ts";
import { usageError } from "../../../graph/errors.ts";
import type { ExpertEdit, NamedExperts } from "../../../runs/experts/expert-edits.ts";
import type { ChangedRun } from "../../../train/change-experts.ts";
import { type CommonOptions, type Context, printJson } from "../../context.ts";
import { parseCheckpoint } from "../../numbers.ts";
import { formatMetric, formatRate } from "../../progress.ts";
import { printTable } from "../../table.ts";

/** Options of every command that changes experts. */
export interface ChangeOptions extends CommonOptions {
  out: string;
  overwrite?: boolean;
  checkpoint: string;
  noise?: string;
}

export interface AddOptions extends ChangeOptions {
  copy?: string[];
  mostUsed?: string;
  fresh?: string;
  kind?: string;
}

export interface RemoveOptions extends ChangeOptions {
  experts?: string[];
  leastUsed?: string;
  kind?: string;
}

export interface MergeOptions extends ChangeOptions {
  experts: string[];
  weights: string;
  align?: boolean;
}

/** `moesaic experts list`: the layers with experts and how much each expert was used. */
export async function listExpertsCommand(
  context: Context,
  run: string,
  { json, checkpoint }: CommonOptions & { checkpoint: string },
): Promise<number> {
  const { listRunExperts } = await import("../../../runs/experts/list-experts.ts");
  const listed = await listRunExperts(run, parseCheckpoint(checkpoint));
  if (json) printJson(context, listed);
  else {
    const rows = listed.layers.flatMap(({ layer, experts }) =>
      experts.map(({ expert, kind, parameters, load }) => [
        layer,
        expert,
        kind,
        formatRate(parameters),
        load === null ? "-" : formatMetric(load),
      ]),
    );
    printTable(context.out, ["layer", "expert", "kind", "parameters", "load"], rows);
  }
  return 0;
}

/** `moesaic experts add`. */
export function addExpertsCommand(
  context: Context,
  run: string,
  options: AddOptions,
): Promise<number> {
  const { copy, mostUsed, fresh, kind } = options;
  const edit: ExpertEdit = {
    action: "add",
    ...(copy && { copies: copy.map(parseExperts) }),
    ...(mostUsed !== undefined && { numMostUsed: parseCount("--most-used", mostUsed) }),
    ...(fresh !== undefined && { numFresh: parseCount("--fresh", fresh) }),
    ...defined({ kind }),
  };
  return changeRun(context, run, edit, options);
}

/** `moesaic experts remove`. */
export function removeExpertsCommand(
  context: Context,
  run: string,
  options: RemoveOptions,
): Promise<number> {
  const { experts, leastUsed, kind } = options;
  const edit: ExpertEdit = {
    action: "remove",
    ...(experts && { experts: experts.map(parseExperts) }),
    ...(leastUsed !== undefined && { numLeastUsed: parseCount("--least-used", leastUsed) }),
    ...defined({ kind }),
  };
  return changeRun(context, run, edit, options);
}

/** `moesaic experts merge`. */
export function mergeExpertsCommand(
  context: Context,
  run: string,
  options: MergeOptions,
): Promise<number> {
  const { experts, weights, align = false } = options;
  const edit: ExpertEdit = {
    action: "merge",
    groups: experts.map(parseExperts),
    weights: weights === "equal" || weights === "load" ? weights : parseWeights(weights),
    align,
  };
  return changeRun(context, run, edit, options);
}

/** `moesaic experts upcycle`. */
export function upcycleExpertsCommand(
  context: Context,
  run: string,
  overrides: readonly string[],
  options: ChangeOptions,
): Promise<number> {
  return changeRun(context, run, { action: "upcycle", overrides }, options);
}

async function changeRun(
  context: Context,
  run: string,
  edit: ExpertEdit,
  { out, overwrite = false, checkpoint, noise, json }: ChangeOptions,
): Promise<number> {
  const { changeRunExperts } = await import("../../../train/change-experts.ts");
  const changed = await changeRunExperts(run, edit, {
    out,
    overwrite,
    checkpoint: parseCheckpoint(checkpoint),
    ...(noise !== undefined && { noise: parseNoise(noise) }),
  });
  if (json) printJson(context, changed);
  else printChange(context, changed);
  context.err.line(`to continue: moesaic train --run ${out} --resume`);
  return 0;
}

function printChange({ out }: Context, changed: ChangedRun): void {
  const upcycled = changed.action === "upcycle";
  const rows = changed.layers.map(({ layer, experts_before, experts_after, sources }) => [
    layer,
    experts_before,
    experts_after,
    upcycled ? "copies of the dense layer" : sources.map(sourceOf).join(" "),
  ]);
  printTable(out, ["layer", "before", "after", "made of"], rows);
  const { total, active } = changed.parameters;
  out.line(
    `${changed.out} begins with step ${changed.step} of ${changed.run}: ${formatRate(total)} parameters (${formatRate(active)} active)`,
  );
}

function sourceOf(sources: readonly number[]): string {
  return sources.length === 0 ? "fresh" : sources.join("+");
}

/** `1,4` or `blocks.0.moe=1,4`. */
function parseExperts(text: string): NamedExperts {
  const [, layer, list] = /^(?:([\w.]+)=)?(\d+(?:,\d+)*)$/.exec(text) ?? [];
  if (list === undefined) {
    throw usageError(
      `"${text}" names no experts; write numbers such as 1,4, or those of one layer such as blocks.0.moe=1,4`,
    );
  }
  return { experts: list.split(",").map(Number), ...defined({ layer }) };
}

function parseCount(option: string, text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw usageError(`${option} takes a number of experts from 1 on, got ${text}`);
}

function parseWeights(text: string): number[] {
  const values = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  if (values.length > 1 && values.every((value) => Number.isFinite(value) && value >= 0)) {
    return values;
  }
  throw usageError(
    `--weights takes equal, load, or a number for each expert such as 1,1,0.5,2; got ${text}`,
  );
}

function parseNoise(text: string): number {
  const noise = text.trim() === "" ? Number.NaN : Number(text);
  if (Number.isFinite(noise) && noise >= 0) return noise;
  throw usageError(`--noise takes a number that is not negative, got ${text}`);
}
