/** Keeps the patches that a router is surest of. */

export interface SurestPatch {
  /** Place of the image in its split. */
  readonly index: number;
  /** Place in the image. */
  readonly patch: number;
  /** Probability of the expert. */
  readonly probability: number;
}

export interface SurestPatches {
  add(patch: SurestPatch): void;
  /** The surest first. */
  patches(): SurestPatch[];
}

/**
 * Keeps at most `limit` patches with the largest probabilities, one of each image, and further ones of the
 * same images only where there are too few images. Of equal probabilities the earlier patch stays.
 */
export function surestPatches(limit: number): SurestPatches {
  let distinct: SurestPatch[] = [];
  let others: SurestPatch[] = [];
  const insert = (list: SurestPatch[], added: SurestPatch): SurestPatch[] =>
    list.length === limit && added.probability <= (list.at(-1)?.probability ?? 0)
      ? list
      : [...list, added].sort((a, b) => b.probability - a.probability).slice(0, limit);
  return {
    add(patch) {
      const same = distinct.find(({ index }) => index === patch.index);
      if (same === undefined) {
        distinct = insert(distinct, patch);
      } else if (patch.probability > same.probability) {
        distinct = insert(
          distinct.filter((kept) => kept !== same),
          patch,
        );
        others = insert(others, same);
      } else {
        others = insert(others, patch);
      }
    },
    patches() {
      const chosen = distinct.slice();
      for (const patch of others) {
        if (chosen.length === limit) break;
        chosen.push(patch);
      }
      return chosen.sort((a, b) => b.probability - a.probability);
    },
  };
}
