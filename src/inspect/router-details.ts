/** Everything that the router of a layer said of some tokens. */

/** `S` tokens, `K` choices, `E` experts. */
export interface RouterDetails {
  /** Chosen experts, best first; a value outside 0 to E-1 is none. */
  readonly choices: readonly (readonly number[])[]; // [K, S]
  /** Weights of these, 0 to 1, in thousandths. */
  readonly weights: readonly (readonly number[])[]; // [K, S]
  /** Of every expert for every token, token by token, 0 to 1, in thousandths. */
  readonly probabilities: Float32Array; // [S * E]
}

export interface RouterDetailsOptions {
  /** First token of a batch of `N`, and how many. */
  readonly start: number;
  readonly count: number;
  readonly numExperts: number;
  /** `[K, N]`, best first. */
  readonly ids: ArrayLike<number | bigint>;
  /** `[K, N]` */
  readonly combineWeights: ArrayLike<number>;
  /** `[N, E]` */
  readonly probabilities: ArrayLike<number>;
}

/** The choices, weights and probabilities of the tokens from `start` on; places that no token fills are left out. */
export function routerDetails(options: RouterDetailsOptions): RouterDetails {
  const { start, count, numExperts, ids, combineWeights, probabilities } = options;
  const numTokens = probabilities.length / numExperts;
  const rows = Array.from({ length: ids.length / numTokens }, (_, k) =>
    Array.from({ length: count }, (_, i) => k * numTokens + start + i),
  );
  const filled = rows.filter(
    (row, k) => k === 0 || row.some((at) => isExpert(ids[at]!, numExperts)),
  );
  return {
    choices: filled.map((row) => row.map((at) => Number(ids[at]))),
    weights: filled.map((row) => row.map((at) => thousandths(combineWeights[at]!))),
    probabilities: Float32Array.from({ length: count * numExperts }, (_, i) =>
      thousandths(probabilities[start * numExperts + i]!),
    ),
  };
}

/** The details of two parts that follow each other; of the second alone where the first has none. */
export function joinDetails(
  first: RouterDetails | undefined,
  second: RouterDetails,
  { count, numExperts }: { readonly count: number; readonly numExperts: number },
): RouterDetails {
  if (first === undefined) return second;
  const choices = Math.max(first.choices.length, second.choices.length);
  const join = (key: "choices" | "weights", missing: number): readonly (readonly number[])[] =>
    Array.from({ length: choices }, (_, k) => [
      ...(first[key][k] ?? Array<number>(first.probabilities.length / numExperts).fill(missing)),
      ...(second[key][k] ?? Array<number>(count).fill(missing)),
    ]);
  return {
    choices: join("choices", numExperts),
    weights: join("weights", 0),
    probabilities: Float32Array.of(...first.probabilities, ...second.probabilities),
  };
}

function isExpert(id: number | bigint, numExperts: number): boolean {
  return id >= 0 && id < numExperts;
}

function thousandths(value: number): number {
  return Math.round(value * 1000) / 1000;
}
