/** Reads the routing of every layer out of the outputs of a training or evaluation graph. */
import type { Batch } from "../../data/batches/batch.ts";
import type { NdArray } from "../../graph/array.ts";
import {
  type RoutedBatch,
  routingStatistics,
  type SampleLabels,
} from "../../inspect/statistics/routing-statistics.ts";
import type { LayerRouting } from "../../inspect/types/routing.ts";

const ENDING = ".ids";

/** Whether routing is read from a tap of this name; mosaics need `combine_weights` besides. */
export function isRoutingTap(name: string): boolean {
  return /\.(ids|probabilities|attempted|token_mask|modalities\.[^.]+)$/.test(name);
}

type Outputs = Readonly<Record<string, NdArray>>;

/** The part of a batch that says what its samples are. */
export type LabelledBatch = Pick<Batch, "arrays" | "attributes" | "domains" | "indices">;

export interface RoutingRecord {
  /** Names of the layers that route. */
  readonly layerNames: readonly string[];
  /** Adds the outputs for a batch. */
  add(outputs: Outputs, batch: LabelledBatch): void;
  layers(): LayerRouting[];
}

/** Sums up the routing over batches: in all, by modality, by class, domain and attributes. */
export function readRouting(
  taps: readonly string[],
  classNames: readonly string[] = [],
): RoutingRecord {
  const layerNames = routingLayers(taps);
  const statistics = routingStatistics({ values: { class: classNames } });
  return {
    layerNames,
    add(outputs, batch) {
      const labels = sampleLabels(batch, classNames);
      for (const layer of layerNames) {
        statistics.add(layer, { ...readLayer(outputs, layer), labels });
      }
    },
    layers: () => statistics.layers(),
  };
}

/** Names of the layers that these taps tell the routing of. */
export function routingLayers(taps: readonly string[]): string[] {
  return taps.filter((name) => name.endsWith(ENDING)).map((name) => name.slice(0, -ENDING.length));
}

/** The routing of one layer for a batch. */
export function readLayer(outputs: Outputs, layer: string): RoutedBatch {
  const { ids, probabilities } = routingOf(outputs, layer);
  const attempted = outputs[`${layer}.attempted`];
  const mask = outputs[`${layer}.token_mask`];
  return {
    ids,
    probabilities,
    ...(attempted && { attempted }),
    ...(mask && { mask }),
    modalities: modalitiesOf(outputs, layer),
  };
}

/** The outputs of one layer's router. */
export function routingOf(outputs: Outputs, layer: string) {
  return {
    ids: outputs[`${layer}.ids`]!,
    combineWeights: outputs[`${layer}.combine_weights`]!,
    probabilities: outputs[`${layer}.probabilities`]!,
  };
}

/** Which tokens belong to each modality. */
function modalitiesOf(outputs: Outputs, layer: string): Record<string, NdArray> {
  const start = `${layer}.modalities.`;
  const names = Object.keys(outputs).filter((name) => name.startsWith(start));
  return Object.fromEntries(names.map((name) => [name.slice(start.length), outputs[name]!]));
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
