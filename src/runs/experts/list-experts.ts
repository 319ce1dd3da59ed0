/** Lists the experts of a run with their kinds and loads. */

import { elementCount } from "../../graph/array.ts";
import { expertLayers, expertTensor } from "../../moe/surgery/layout.ts";
import { kindsOf } from "../../moe/surgery/selection.ts";
import type { CheckpointChoice } from "../checkpoints/choose-checkpoint.ts";
import { openRun } from "../open-run.ts";
import { readState } from "../state-files.ts";
import { readExpertLoads } from "./expert-loads.ts";
import { expertCounts } from "./expert-settings.ts";

export interface ListedExperts {
  /** Step of the checkpoint. */
  readonly step: number;
  readonly layers: readonly ListedLayer[];
}

export interface ListedLayer {
  readonly layer: string;
  readonly experts: readonly ListedExpert[];
}

export interface ListedExpert {
  readonly expert: number;
  /** `routed`, or for Diff-MoE `shared` or a modality. */
  readonly kind: string;
  readonly parameters: number;
  /** Last logged fraction of the layer's assignments, 0 to 1; null if none was logged. */
  readonly load: number | null;
}

/** Lists the experts of a checkpoint by layer; empty for a dense model. */
export async function listRunExperts(
  run: string,
  which: CheckpointChoice = "best",
): Promise<ListedExperts> {
  const { config, checkpoint } = await openRun(run, which);
  const { model } = await readState(checkpoint.path, false);
  const layers = expertLayers(model);
  const loads = await readExpertLoads(run, layers, checkpoint.step);
  const { kinds, counts } = expertCounts(config.model);
  return {
    step: checkpoint.step,
    layers: layers.map((layer) => {
      const parameters = layer.expertTensors
        .map((name) => elementCount(model.get(expertTensor(layer.path, 0, name))!.shape))
        .reduce((sum, size) => sum + size, 0);
      const experts = kindsOf(layer, counts).map((kind, expert) => ({
        expert,
        kind: kinds[kind]!,
        parameters,
        load: loads.get(layer.path)?.[expert] ?? null,
      }));
      return { layer: layer.path, experts };
    }),
  };
}
