/** Routing statistics of every layer, from the outputs of a training or evaluation graph. */
import type { Batch } from "../../data/batches/batch.ts";
import type { NdArray } from "../../graph/array.ts";
import {
  routingStatistics,
  type SampleLabels,
} from "../../inspect/statistics/routing-statistics.ts";
import type { LayerRouting } from "../../inspect/types/routing.ts";
import { layersOf, readRouting } from "../../moe/routing-taps.ts";

type Outputs = Readonly<Record<string, NdArray>>;

/** The part of a batch that labels its samples. */
export type LabelledBatch = Pick<Batch, "arrays" | "attributes" | "domains" | "indices">;

export interface RoutingRecorder {
  /** Names of the routed layers. */
  readonly layerNames: readonly string[];
  /** Adds the outputs of a batch. */
  add(outputs: Outputs, batch: LabelledBatch): void;
  layers(): LayerRouting[];
}

/** Sums routing statistics over batches: in total, and by modality, class, domain and attribute. */
export function routingRecorder(
  taps: readonly string[],
  classNames: readonly string[] = [],
): RoutingRecorder {
  const layerNames = layersOf(taps);
  const statistics = routingStatistics({ values: { class: classNames } });
  return {
    layerNames,
    add(outputs, batch) {
      const labels = sampleLabels(batch, classNames);
      for (const layer of layerNames) {
        statistics.add(layer, { ...readRouting(outputs, layer, "probabilities"), labels });
      }
    },
    layers: () => statistics.layers(),
  };
}

/**
 * Class and domain of each sample, and shape, colour and texture of its first object, if available. The
 * shape is skipped if it is the class.
 */
export function sampleLabels(
  { arrays, attributes, domains, indices }: LabelledBatch,
  classNames: readonly string[],
): SampleLabels {
  const classes = classNames.length > 1 ? Array.from(arrays.labels?.data ?? [], Number) : [];
  const objects = (attributes ?? []).map(([first]) => first);
  const labels: SampleLabels = {
    class: classes,
    domain: domains ?? [],
    shape: objects.map((object) =>
      object && classNames.includes(object.shape) ? undefined : object?.shape,
    ),
    color: objects.map((object) => object?.color),
    texture: objects.map((object) => object?.texture),
  };
  return Object.fromEntries(
    Object.entries(labels).filter(
      ([, values]) =>
        values.length === indices.length && values.some((value) => value !== undefined),
    ),
  );
}
