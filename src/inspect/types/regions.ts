/** Decision regions of a mixture of classifiers. Letter: `C` classes. */

/** How often a classifier is right, as fractions. */
export interface ClassScores {
  readonly name: string;
  readonly accuracy: number;
  readonly byClass: readonly number[]; // [C]
}

/** What a mixture of classifiers makes of the plane of two features, all others being zero. */
export interface DecisionRegions {
  /** Names of the two features: the horizontal and the vertical one. */
  readonly axes: readonly [string, string];
  /** Ends of both axes. */
  readonly range: readonly [low: number, high: number];
  /** Cells on a side. Maps hold cells row by row, from the low end of both axes. */
  readonly size: number;
  readonly numExperts: number;
  /** Class that the mixture predicts. */
  readonly predicted: readonly number[]; // [size * size]
  /** Expert with the largest weight. */
  readonly ids: readonly number[]; // [size * size]
  /** Weight of that expert in the mixture, 0 to 1. */
  readonly combineWeights: readonly number[]; // [size * size]
  /** Most probable class, where the distribution is known. */
  readonly optimal?: readonly number[]; // [size * size]
  /** Some samples of the test split. */
  readonly points: readonly { readonly x: number; readonly y: number; readonly label: number }[];
  /** Each expert alone, the mixture, and what else there is to compare. */
  readonly scores: readonly ClassScores[];
}
