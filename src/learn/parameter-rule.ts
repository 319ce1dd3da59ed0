/** Settings of the parameters with matching names; the first matching rule applies. */
export interface ParameterRule {
  /** A name or a pattern, or several: `*` matches any characters. */
  readonly parameters: string | readonly string[];
  /** Factor of the learning rate. Default 1. */
  readonly learningRateFactor?: number;
  /** Weight decay of the matching parameters that decay. Default: the weight decay of the optimizer. */
  readonly weightDecay?: number | undefined;
  /**
   * Whether the parameters decay. Default: parameters of two axes or more do, unless the model sets
   * it.
   */
  readonly decay?: boolean | undefined;
  /** Frozen always, until a step, or from a step on, counted from 0. Default false. */
  readonly frozen?: boolean | { readonly untilStep: number } | { readonly fromStep: number };
}
