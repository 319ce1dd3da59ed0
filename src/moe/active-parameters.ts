/** Counts the parameters that one token uses. */

/** Number of all parameters, and of the parameters that one token uses. */
export interface ParameterCounts {
  readonly total: number;
  /** Active parameters of the token kind that uses the most. */
  readonly active: number;
  /** By kind of token, if kinds use different parameters. */
  readonly byToken?: Readonly<Record<string, number>>;
}

/** For each kind of token, such as `image`, whether it uses the parameter with a name. */
export type TokenPaths = Readonly<Record<string, (parameter: string) => boolean>>;

/**
 * Counts parameters; in the experts of a layer (`<layer>.experts.<e>.`), `K` of `E` count as active.
 *
 * @param sizes elements of each parameter, by name
 */
export function countParameters(
  sizes: Iterable<readonly [name: string, size: number]>,
  numSelectedExperts: number,
): ParameterCounts {
  const layers = new Map<string, { size: number; experts: Set<string> }>();
  let [total, shared] = [0, 0];
  for (const [name, size] of sizes) {
    total += size;
    const match = /^(.*)\.experts\.(\d+)\./.exec(name);
    if (match === null) {
      shared += size;
      continue;
    }
    const layer = layers.get(match[1]!) ?? { size: 0, experts: new Set() };
    layer.size += size;
    layer.experts.add(match[2]!);
    layers.set(match[1]!, layer);
  }
  const routed = [...layers.values()].reduce(
    (sum, { size, experts }) =>
      sum + (size * Math.min(numSelectedExperts, experts.size)) / experts.size,
    0,
  );
  return { total, active: Math.round(shared + routed) };
}

/** The same if kinds of tokens use different parts of the model. */
export function countByToken(
  sizes: Iterable<readonly [name: string, size: number]>,
  numSelectedExperts: number,
  paths: TokenPaths,
): ParameterCounts {
  const all = [...sizes];
  const { total } = countParameters(all, numSelectedExperts);
  const byToken = Object.fromEntries(
    Object.entries(paths).map(([kind, meets]) => {
      const met = all.filter(([name]) => meets(name));
      return [kind, countParameters(met, numSelectedExperts).active];
    }),
  );
  return { total, active: Math.max(...Object.values(byToken)), byToken };
}
