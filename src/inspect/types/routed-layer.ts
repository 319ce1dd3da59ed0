/** The decisions of one layer's router: plain data, safe in a browser. */

/** The router's decisions of one layer for `S` patches or tokens; `K` choices, `E` experts. */
export interface RoutedLayer {
  /** Layer name, such as `blocks.1.moe`. */
  readonly layer: string;
  /** `E` */
  readonly numExperts: number;
  /**
   * Chosen experts, best first; an id outside 0 to E-1 means no expert, such as a dropped token.
   */
  readonly ids: readonly (readonly number[])[]; // [K, S]
  /** Weights of the chosen experts in the output, 0 to 1. */
  readonly combineWeights: readonly (readonly number[])[]; // [K, S]
  /** Probability of every expert for every token, 0 to 1, token by token. */
  readonly probabilities: Float32Array; // [S * E]
}

/**
 * A layer as stored in records. Without `probabilities` it holds first choices only; old records
 * have no weights.
 */
export type RecordedLayer = Pick<RoutedLayer, "layer" | "numExperts" | "ids"> &
  Partial<Pick<RoutedLayer, "combineWeights" | "probabilities">>;
