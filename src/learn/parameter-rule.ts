/** Settings of the parameters whose names match; the first rule that matches counts. */
export interface ParameterRule {
  /** A name or a pattern: `*` matches any characters. */
  readonly parameters: string;
  /** Factor of the learning rate. */
  readonly learningRateFactor: number;
  readonly weightDecay?: number | undefined;
  /** Never trained, or only until or from a step, counted from 0. */
  readonly frozen: boolean | { readonly untilStep: number } | { readonly fromStep: number };
}
