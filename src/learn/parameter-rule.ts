/** Settings of the parameters whose names match; the first rule that matches counts. */
export interface ParameterRule {
  /** A name or a pattern: `*` matches any characters. */
  readonly parameters: string;
  /** Factor of the learning rate. Default 1. */
  readonly learningRateFactor?: number;
  /** Weight decay of those parameters among them that decay. Default: that of the others. */
  readonly weightDecay?: number | undefined;
  /** Whether they decay. Default: those of two axes or more, unless the model says otherwise. */
  readonly decay?: boolean | undefined;
  /** Frozen always, until a step, or from a step on, counted from 0. Default false. */
  readonly frozen?: boolean | { readonly untilStep: number } | { readonly fromStep: number };
}
