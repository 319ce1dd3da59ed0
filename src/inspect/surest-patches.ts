/** Keeps the patches that a router is surest of. */

export interface SurestPatch {
  /** Place of the image in its split. */
  readonly index: number;
  /** Place in the image. */
  readonly patch: number;
  /** Probability of the expert. */
  readonly gate: number;
}

export interface SurestPatches {
  add(patch: SurestPatch): void;
  /** The surest first. */
  patches(): SurestPatch[];
}

/**
 * Keeps at most `limit` patches with the largest gates, one of each image, and further ones of the
 * same images only where there are too few images. Of equal gates the earlier patch stays.
 */
export function surestPatches(limit: number): SurestPatches {
  let distinct: SurestPatch[] = [];
  let others: SurestPatch[] = [];
  const insert = (list: SurestPatch[], added: SurestPatch): SurestPatch[] =>
    list.length === limit && added.gate <= (list.at(-1)?.gate ?? 0)
      ? list
      : [...list, added].sort((a, b) => b.gate - a.gate).slice(0, limit);
  return {
    add(patch) {
      const same = distinct.find(({ index }) => index === patch.index);
      if (same === undefined) {
        distinct = insert(distinct, patch);
      } else if (patch.gate > same.gate) {
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
      return chosen.sort((a, b) => b.gate - a.gate);
    },
  };
}
