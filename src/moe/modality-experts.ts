/** The experts available to a token if some are shared and some belong to one modality. */

/** Shared experts come first, then the experts of each modality in the order of `modalities`. */
export interface ExpertLayout {
  /** Experts that every token may use. */
  readonly numSharedExperts: number;
  /** Experts of each modality that only its own tokens may use. */
  readonly numModalitySpecificExperts: number;
  readonly modalities: readonly string[];
}

/** All experts of a layer with this layout. */
export function countExperts(layout: ExpertLayout): number {
  return layout.numSharedExperts + layout.modalities.length * layout.numModalitySpecificExperts;
}

/**
 * For each expert, whether tokens of `modality` may use it.
 *
 * @throws RangeError for an unknown modality
 *
 * @example
 * const layout = { numSharedExperts: 1, numModalitySpecificExperts: 1, modalities: ["image", "text"] };
 * availableExperts(layout, "text") // [true, false, true]
 */
export function availableExperts(layout: ExpertLayout, modality: string): boolean[] {
  const own = layout.modalities.indexOf(modality);
  if (own < 0) {
    throw new RangeError(
      `there are no experts for modality ${modality}; known modalities are ${layout.modalities.join(", ")}`,
    );
  }
  const first = layout.numSharedExperts + own * layout.numModalitySpecificExperts;
  return Array.from(
    { length: countExperts(layout) },
    (_, e) =>
      e < layout.numSharedExperts || (e >= first && e < first + layout.numModalitySpecificExperts),
  );
}
