/** Angles per position of rotary embeddings, and their extension to longer contexts. */

/** How frequencies change for contexts that are longer than those of pre-training. */
export type RotaryScaling =
  /** Positions divided by a factor (arXiv:2306.15595). */
  | { readonly kind: "linear"; readonly factor: number }
  /** Low frequencies divided by a factor, high ones unchanged, interpolated between (Llama 3.1). */
  | {
      readonly kind: "llama3";
      readonly factor: number;
      readonly lowFrequencyFactor: number;
      readonly highFrequencyFactor: number;
      readonly originalContext: number;
    }
  /** The same by numbers of rotations, with a factor on the scores (YaRN, arXiv:2309.00071). */
  | {
      readonly kind: "yarn";
      readonly factor: number;
      readonly originalContext: number;
      /** Dimensions with more rotations than this within the original context are kept. Default 32. */
      readonly betaFast?: number;
      /** Dimensions with fewer are divided by the factor. Default 1. */
      readonly betaSlow?: number;
      /** Factor of the rotated queries and keys. Default `0.1 ln(factor) + 1`. */
      readonly attentionFactor?: number | undefined;
      /** Whether the two bounds are rounded to whole dimensions. Default true. */
      readonly truncate?: boolean;
    }
  /** Each frequency divided by a factor of its own (LongRoPE, arXiv:2402.13753). */
  | {
      readonly kind: "longrope";
      /** `W/2` numbers. */
      readonly factors: readonly number[];
      /** Factor of the rotated queries and keys. Default 1. */
      readonly attentionFactor?: number | undefined;
    };

export interface RotaryOptions {
  /** `W`, number of rotated features of a head; even. */
  readonly width: number;
  /** Base of the geometric series of frequencies. Default 10000. */
  readonly theta?: number;
  readonly scaling?: RotaryScaling;
}

export interface RotaryFrequencies {
  /** Radians per position of each pair of features, `W/2` numbers. */
  readonly frequencies: readonly number[];
  /** Factor of cosines and sines. */
  readonly factor: number;
}

/**
 * `theta^(-2i/W)` for each pair `i`, scaled (RoFormer, arXiv:2104.09864, equation 15).
 *
 * @throws RangeError if `width` is odd, or LongRoPE has another number of factors than `W/2`
 * @example
 * const { frequencies } = rotaryFrequencies({ width: 4, theta: 100 });
 * frequencies; // [1, 0.1]
 */
export function rotaryFrequencies({
  width,
  theta = 10_000,
  scaling,
}: RotaryOptions): RotaryFrequencies {
  if (width % 2 !== 0 || width < 2) {
    throw new RangeError(`rotary embeddings need an even number of features, got ${width}`);
  }
  const plain = Array.from({ length: width / 2 }, (_, i) => theta ** ((-2 * i) / width));
  if (scaling === undefined) return { frequencies: plain, factor: 1 };
  if (scaling.kind === "linear") {
    return { frequencies: plain.map((frequency) => frequency / scaling.factor), factor: 1 };
  }
  if (scaling.kind === "llama3") {
    return { frequencies: plain.map((frequency) => llama3(frequency, scaling)), factor: 1 };
  }
  if (scaling.kind === "longrope") return longRope(plain, scaling);
  const { factor, attentionFactor = yarnFactor(factor) } = scaling;
  const kept = keptByYarn(width, theta, scaling);
  const frequencies = plain.map(
    (frequency, i) => (frequency / factor) * (1 - kept[i]!) + frequency * kept[i]!,
  );
  return { frequencies, factor: attentionFactor };
}

/**
 * YaRN's factor of queries and keys, `0.1 weight ln(factor) + 1` (arXiv:2309.00071, section 3.4).
 *
 * @example
 * yarnFactor(1); // 1
 */
export function yarnFactor(factor: number, weight = 1): number {
  return factor <= 1 ? 1 : 0.1 * weight * Math.log(factor) + 1;
}

function longRope(
  plain: readonly number[],
  { factors, attentionFactor = 1 }: Extract<RotaryScaling, { kind: "longrope" }>,
): RotaryFrequencies {
  if (factors.length !== plain.length) {
    throw new RangeError(`LongRoPE needs ${plain.length} factors, got ${factors.length}`);
  }
  const frequencies = plain.map((frequency, i) => frequency / factors[i]!);
  return { frequencies, factor: attentionFactor };
}

function llama3(frequency: number, scaling: Extract<RotaryScaling, { kind: "llama3" }>): number {
  const { factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalContext } = scaling;
  const rotations = (originalContext * frequency) / (2 * Math.PI);
  if (rotations > high) return frequency;
  if (rotations < low) return frequency / factor;
  const smooth = (rotations - low) / (high - low);
  return ((1 - smooth) * frequency) / factor + smooth * frequency;
}

/** The share (0-1) of each frequency that is kept. */
function keptByYarn(
  width: number,
  theta: number,
  {
    originalContext,
    betaFast = 32,
    betaSlow = 1,
    truncate = true,
  }: Extract<RotaryScaling, { kind: "yarn" }>,
): number[] {
  const dimensionOf = (rotations: number): number =>
    (width * Math.log(originalContext / (rotations * 2 * Math.PI))) / (2 * Math.log(theta));
  const [first, last] = [dimensionOf(betaFast), dimensionOf(betaSlow)];
  const low = Math.max(truncate ? Math.floor(first) : first, 0);
  const high = Math.min(truncate ? Math.ceil(last) : last, width - 1);
  const span = high === low ? 0.001 : high - low;
  return Array.from(
    { length: width / 2 },
    (_, i) => 1 - Math.min(1, Math.max(0, (i - low) / span)),
  );
}
