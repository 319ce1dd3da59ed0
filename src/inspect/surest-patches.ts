/** Selects the patches with the highest router probability. */

export interface SurestPatch {
  /** Index of the image in its split. */
  readonly index: number;
  /** Index of the patch in the image. */
  readonly patch: number;
  /** Probability of the expert. */
  readonly probability: number;
}

export interface SurestPatches {
  add(patch: SurestPatch): void;
  /** Patches in descending order of probability. */
  patches(): SurestPatch[];
}

/**
 * Keeps at most `limit` patches with the largest probabilities, one per image. Further patches of
 * the same image are used only if there are too few images. Ties keep the earlier patch.
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
