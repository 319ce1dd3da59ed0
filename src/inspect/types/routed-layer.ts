/** The decisions of one layer's router: plain data, safe in a browser. */

/** What the router of one layer decided for `S` patches or tokens; `K` choices, `E` experts. */
export interface RoutedLayer {
  /** Such as `blocks.1.moe`. */
  readonly layer: string;
  /** `E` */
  readonly numExperts: number;
  /** Chosen experts, best first; a value outside 0 to E-1 is no expert, such as a dropped token. */
  readonly ids: readonly (readonly number[])[]; // [K, S]
  /** Weights of the chosen experts in the output, 0 to 1. */
  readonly combineWeights: readonly (readonly number[])[]; // [K, S]
  /** Probability of every expert for every token, 0 to 1, token by token. */
  readonly probabilities: Float32Array; // [S * E]
}

/**
 * A layer as records keep it: without `probabilities` it holds first choices alone, and old records
 * lack weights.
 */
export type RecordedLayer = Pick<RoutedLayer, "layer" | "numExperts" | "ids"> &
  Partial<Pick<RoutedLayer, "combineWeights" | "probabilities">>;
