/** Plans an edit of a run: the new configuration, and the change of every tensor. */

import { join } from "node:path";
import { usageError } from "../../graph/errors.ts";
import { changeExperts, type ExpertChange } from "../../moe/surgery/change.ts";
import { expertsKey } from "../../moe/surgery/expert-start.ts";
import { expertLayers, type Tensors } from "../../moe/surgery/layout.ts";
import { countKinds } from "../../moe/surgery/selection.ts";
import { upcycleExperts } from "../../moe/surgery/upcycle-experts.ts";
import type { TrainConfig } from "../../recipe/config.ts";
import { loadTrainConfig } from "../../recipe/load-train-config.ts";
import type { StoredState } from "../state-files.ts";
import { type ExpertEdit, planEdit, type UpcycleEdit } from "./expert-edits.ts";
import { readExpertLoads } from "./expert-loads.ts";
import { expertCounts, requireDenseForm, withExpertCounts } from "./expert-settings.ts";

export interface EditedRun {
  readonly run: string;
  readonly config: TrainConfig;
  readonly state: StoredState;
  readonly step: number;
}

/** Changes the tensors of one buffer; `fresh` holds the initial values of a new model. */
export type Apply = (tensors: Tensors, fresh: Tensors, role: "weights" | "moments") => Tensors;

export interface RunPlan {
  /** Configuration of the new run. */
  readonly config: TrainConfig;
  readonly apply: Apply;
  readonly change?: ExpertChange;
}

/**
 * Plans an edit of a run's experts.
 *
 * @param noise on copied experts, relative. Default 0.01 for added experts, 0 for upcycled ones
 */
export async function planRun(
  edited: EditedRun,
  edit: ExpertEdit,
  noise?: number,
): Promise<RunPlan> {
  return edit.action === "upcycle"
    ? planUpcycle(edited, edit, noise)
    : await planChange(edited, edit, noise);
}

async function planChange(
  { run, config, state, step }: EditedRun,
  edit: Exclude<ExpertEdit, { action: "upcycle" }>,
  noise = 0.01,
): Promise<RunPlan> {
  const layers = expertLayers(state.model);
  const loads = await readExpertLoads(run, layers, step);
  const counts = expertCounts(config.model);
  const change = planEdit(edit, { layers, loads, counts, weights: state.model });
  const model = withExpertCounts(config.model, countsAfter(change, counts.kinds.length));
  const random = { noise, key: expertsKey(config.seed) };
  return {
    config: { ...config, model },
    change,
    apply: (tensors, fresh, role) =>
      changeExperts(tensors, change, role === "weights" ? { fresh, ...random } : { fresh }),
  };
}

/** Default: every block gets experts. */
async function planUpcycle(
  { run, config }: EditedRun,
  edit: UpcycleEdit,
  noise = 0,
): Promise<RunPlan> {
  const { layerAt, expertsEverywhere } = requireDenseForm(config.model);
  const overrides = [expertsEverywhere(config.model), ...edit.overrides];
  const { drop = 0 } = edit;
  const key = expertsKey(config.seed);
  return {
    config: await loadTrainConfig(join(run, "config.yaml"), { overrides }),
    apply: (tensors, fresh, role) =>
      upcycleExperts(tensors, {
        fresh,
        denseLayer: layerAt,
        ...(role === "weights" ? { noise, drop, key } : { drop, key, redraw: "zeros" }),
      }),
  };
}

/** Number of experts of each kind. @throws UserError if layers would differ */
function countsAfter(change: ExpertChange, numKinds: number): number[] {
  const after = [...change].map(
    ([path, experts]) => [path, countKinds(experts, numKinds)] as const,
  );
  const [firstPath, first] = after[0]!;
  for (const [path, counts] of after) {
    if (String(counts) === String(first)) continue;
    throw usageError(
      `${firstPath} would have ${first.join(" + ")} experts and ${path} ${counts.join(" + ")}; all layers must have equal numbers, so choose equally many in each`,
    );
  }
  return first;
}
