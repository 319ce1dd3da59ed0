/** Statistics of the routing of every layer, from the outputs of a training or evaluation graph. */
import type { Batch } from "../../data/batches/batch.ts";
import type { NdArray } from "../../graph/array.ts";
import {
  routingStatistics,
  type SampleLabels,
} from "../../inspect/statistics/routing-statistics.ts";
import type { LayerRouting } from "../../inspect/types/routing.ts";
import { layersOf, readRouting } from "../../moe/routing-taps.ts";

type Outputs = Readonly<Record<string, NdArray>>;

/** The part of a batch that says what its samples are. */
export type LabelledBatch = Pick<Batch, "arrays" | "attributes" | "domains" | "indices">;

export interface RoutingRecorder {
  /** Names of the layers that route. */
  readonly layerNames: readonly string[];
  /** Adds the outputs for a batch. */
  add(outputs: Outputs, batch: LabelledBatch): void;
  layers(): LayerRouting[];
}

/** Sums up the routing over batches: in all, by modality, by class, domain and attributes. */
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
 * Class, domain, and shape, colour and texture of the first object of each sample, as far as the
 * batch knows them. A shape that is the class is not told again.
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
