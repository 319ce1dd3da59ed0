/** Records the experts of every token, to compare two models on the same tokens. */

import type { LayerAgreement } from "../types/routing.ts";
import { type RoutingAgreement, routingAgreement } from "./agreement.ts";
import type { RoutedBatch } from "./routing-statistics.ts";

/** The choices of one layer for its unmasked tokens. */
export interface LayerChoices {
  readonly layer: string;
  readonly numExperts: number;
  readonly tokens: number;
  /** Experts, best first; `NO_EXPERT` if a token has none. */
  readonly ids: readonly (readonly number[])[]; // [K, N]
}

/** The id that means no expert. */
const NO_EXPERT = -1;

export interface ChoiceRecorder {
  /** Adds a batch of one layer; padding is skipped. */
  add(layer: string, batch: Pick<RoutedBatch, "ids" | "probabilities" | "mask">): void;
  layers(): LayerChoices[];
}

/** Records layers over batches. */
export function choiceRecorder(): ChoiceRecorder {
  const layers = new Map<string, { numExperts: number; ids: number[][] }>();
  return {
    add(layer, { ids, probabilities, mask }) {
      const [numTokens, numExperts] = probabilities.shape as [number, number];
      const numSelectedExperts = ids.shape[0]!;
      const known = layers.get(layer);
      const rows = known?.ids ?? Array.from({ length: numSelectedExperts }, (): number[] => []);
      if (known === undefined) layers.set(layer, { numExperts, ids: rows });
      for (let n = 0; n < numTokens; n++) {
        if (mask !== undefined && !Number(mask.data[n])) continue;
        for (const [k, row] of rows.entries()) {
          const id = Number(ids.data[k * numTokens + n]);
          row.push(id >= 0 && id < numExperts ? id : NO_EXPERT);
        }
      }
    },
    layers: () =>
      [...layers].map(([layer, { numExperts, ids }]) => ({
        layer,
        numExperts,
        tokens: ids[0]?.length ?? 0,
        ids,
      })),
  };
}

/**
 * Agreement of the layers that exist in both models, by layer name.
 *
 * The models may differ in the number of experts and of selected experts. An expert of the first model
 * that has no partner in the second is matched to -1.
 *
 * @throws RangeError if the models route different numbers of tokens in a layer
 */
export function compareChoices(
  first: readonly LayerChoices[],
  second: readonly LayerChoices[],
): LayerAgreement[] {
  return first.flatMap((ours) => {
    const theirs = second.find(({ layer }) => layer === ours.layer);
    if (theirs === undefined) return [];
    const { layer, tokens } = ours;
    if (theirs.tokens !== tokens) {
      throw new RangeError(
        `${layer} routes ${tokens} tokens in the first model and ${theirs.tokens} in the second`,
      );
    }
    const numSelectedExperts = Math.max(ours.ids.length, theirs.ids.length);
    const numExperts = Math.max(ours.numExperts, theirs.numExperts);
    const [a, b] = [ours, theirs].map((choices) => flatten(choices, numSelectedExperts));
    const agreement = (matchExperts: boolean): RoutingAgreement => {
      const options = { numExperts, numSelectedExperts, matchExperts };
      const { permutation, ...shares } = routingAgreement(a!, b!, options);
      // Both sides are padded to the same number of experts; the padding is no expert.
      const partners = permutation.slice(0, ours.numExperts);
      const existing = partners.map((e) => (e < theirs.numExperts ? e : NO_EXPERT));
      return { ...shares, permutation: existing };
    };
    return [{ layer, tokens, own: agreement(false), matched: agreement(true) }];
  });
}

/** `[K, N]` flattened, and padded with "no expert" to `numSelectedExperts` choices. */
function flatten({ ids, tokens }: LayerChoices, numSelectedExperts: number): Int32Array {
  const flat = new Int32Array(numSelectedExperts * tokens).fill(NO_EXPERT);
  for (const [k, row] of ids.entries()) flat.set(row, k * tokens);
  return flat;
}
