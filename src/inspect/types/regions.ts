/** Decision regions of a mixture of classifiers. Letter: `C` classes. */

/** Accuracy of a classifier, as fractions. */
export interface ClassScores {
  readonly name: string;
  readonly accuracy: number;
  readonly byClass: readonly number[]; // [C]
}

/** Predictions of a mixture of classifiers over two features; all other features are zero. */
export interface DecisionRegions {
  /** Names of the horizontal and the vertical feature. */
  readonly axes: readonly [string, string];
  /** Range of both axes. */
  readonly range: readonly [low: number, high: number];
  /** Cells per side. Maps hold cells row by row, from the low end of both axes. */
  readonly size: number;
  readonly numExperts: number;
  /** Class predicted by the mixture. */
  readonly predicted: readonly number[]; // [size * size]
  /** Expert with the largest weight. */
  readonly ids: readonly number[]; // [size * size]
  /** Weight of that expert in the mixture, 0 to 1. */
  readonly combineWeights: readonly number[]; // [size * size]
  /** Bayes-optimal class, if the distribution is known. */
  readonly optimal?: readonly number[]; // [size * size]
  /** Some samples of the test split. */
  readonly points: readonly { readonly x: number; readonly y: number; readonly label: number }[];
  /** Accuracies of each expert, the mixture, and further baselines. */
  readonly scores: readonly ClassScores[];
}
