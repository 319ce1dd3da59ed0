/** Router decisions for single patches. */
import type { RoutedTokens } from "./routed-layer.ts";
import type { PatchDecision } from "./types/attention.ts";

/** The routing of one layer for a batch. */
type LayerTokens = { readonly layer: string } & Pick<RoutedTokens, "ids" | "probabilities">;

export interface PatchDecisionsOptions {
  readonly layers: readonly LayerTokens[];
  readonly rows: number;
  readonly columns: number;
  readonly sample: number;
  /** Number of tokens per sample. Default: its patches only. */
  readonly stride?: number;
  /** Number of tokens before the patches of a sample. Default 0. */
  readonly before?: number;
}

/**
 * The decisions of all layers for two patches of a sample: the patches with the highest and the
 * lowest router confidence, which is the largest probability averaged over the layers.
 */
export function patchDecisions(options: PatchDecisionsOptions): PatchDecision[] {
  const { layers, rows, columns, sample } = options;
  const numPatches = rows * columns;
  const start = sample * (options.stride ?? numPatches) + (options.before ?? 0);
  const probabilitiesOf = ({ probabilities: { shape, data } }: LayerTokens, patch: number) =>
    Array.from({ length: shape[1]! }, (_, e) => Number(data[(start + patch) * shape[1]! + e]));
  const certainty = Array.from({ length: numPatches }, (_, patch) =>
    layers.reduce((sum, layer) => sum + Math.max(...probabilitiesOf(layer, patch)), 0),
  );
  const surest = certainty.indexOf(Math.max(...certainty));
  const leastSure = certainty.indexOf(Math.min(...certainty));
  return [...new Set([surest, leastSure])].map((patch) => ({
    patch,
    rows,
    cols: columns,
    layers: layers.map((layer) => {
      const [choices, numTokens] = layer.ids.shape as [number, number];
      const probabilities = probabilitiesOf(layer, patch);
      const ids = Array.from({ length: choices }, (_, k) =>
        Number(layer.ids.data[k * numTokens + start + patch]),
      );
      return {
        layer: layer.layer,
        probabilities: probabilities.map((p) => Math.round(p * 1e4) / 1e4),
        ids: ids.filter((id) => id >= 0 && id < probabilities.length),
      };
    }),
  }));
}
