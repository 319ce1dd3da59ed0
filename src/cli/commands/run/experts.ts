import { defined } from "../../../graph/defined.ts";
import type { CheckpointChoice } from "../../../runs/checkpoints/choose-checkpoint.ts";
import type { ExpertEdit, NamedExperts } from "../../../runs/experts/expert-edits.ts";
import type { ChangedRun } from "../../../train/derived-runs/change-experts.ts";
import { type Context, printJson } from "../../context.ts";
import type { CommonOptions } from "../../options.ts";
import { formatMetric, formatRate } from "../../progress.ts";
import { printTable } from "../../table.ts";

/** Options of every command that changes experts. */
export interface ChangeOptions extends CommonOptions {
  readonly out: string;
  readonly overwrite: boolean;
  readonly checkpoint: CheckpointChoice;
  readonly noise?: number | undefined;
}

export interface AddOptions extends ChangeOptions {
  readonly copy: readonly NamedExperts[] | undefined;
  readonly mostUsed: number | undefined;
  readonly fresh: number | undefined;
  readonly kind: string | undefined;
}

export interface RemoveOptions extends ChangeOptions {
  readonly experts: readonly NamedExperts[] | undefined;
  readonly leastUsed: number | undefined;
  readonly kind: string | undefined;
}

export interface MergeOptions extends ChangeOptions {
  readonly experts: readonly NamedExperts[];
  readonly weights: "equal" | "load" | readonly number[];
  readonly align: boolean;
}

export interface UpcycleOptions extends ChangeOptions {
  readonly drop: number | undefined;
}

/** `moesaic experts list`: the layers with experts and their loads. */
export async function listExpertsCommand(
  context: Context,
  run: string,
  { json, checkpoint }: CommonOptions & { readonly checkpoint: CheckpointChoice },
): Promise<number> {
  const { listRunExperts } = await import("../../../runs/experts/list-experts.ts");
  const listed = await listRunExperts(run, checkpoint);
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
    ...defined({ copies: copy, numMostUsed: mostUsed, numFresh: fresh, kind }),
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
    ...defined({ experts, numLeastUsed: leastUsed, kind }),
  };
  return changeRun(context, run, edit, options);
}

/** `moesaic experts merge`. */
export function mergeExpertsCommand(
  context: Context,
  run: string,
  options: MergeOptions,
): Promise<number> {
  const { experts: groups, weights, align } = options;
  return changeRun(context, run, { action: "merge", groups, weights, align }, options);
}

/** `moesaic experts upcycle`. */
export function upcycleExpertsCommand(
  context: Context,
  run: string,
  overrides: readonly string[],
  { drop, ...options }: UpcycleOptions,
): Promise<number> {
  return changeRun(context, run, { action: "upcycle", overrides, ...defined({ drop }) }, options);
}

async function changeRun(
  context: Context,
  run: string,
  edit: ExpertEdit,
  { out, overwrite, checkpoint, noise, json }: ChangeOptions,
): Promise<number> {
  const { changeRunExperts } = await import("../../../train/derived-runs/change-experts.ts");
  const changed = await changeRunExperts(run, edit, {
    out,
    overwrite,
    checkpoint,
    ...defined({ noise }),
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
    upcycled ? "the dense layer" : sources.map(sourceOf).join(" "),
  ]);
  printTable(out, ["layer", "before", "after", "sources"], rows);
  const { total, active } = changed.parameters;
  out.line(
    `${changed.out} starts from step ${changed.step} of ${changed.run}: ${formatRate(total)} parameters (${formatRate(active)} active)`,
  );
}

function sourceOf(sources: readonly number[]): string {
  return sources.length === 0 ? "fresh" : sources.join("+");
}
