/** Distribution of curves over charts. */

/** Maximum number of curves per chart; no two of them share a colour. */
const curveLimit = 6;

/**
 * Distributes items over charts of a few curves each, and gives the index of the colour of each.
 *
 * @param shared labels of several charts in one order, so that each label has one colour on all of them
 */
export function chartsOf<T>(
  items: readonly T[],
  labelOf: (item: T) => string,
  shared?: readonly string[],
): { readonly item: T; readonly color: number }[][] {
  const charts: { item: T; color: number }[][] = [];
  const order = [...new Set([...(shared ?? []), ...items.map(labelOf)])];
  for (const [i, item] of items.entries()) {
    const place = shared === undefined ? i : order.indexOf(labelOf(item));
    const chart = Math.floor(place / curveLimit);
    charts[chart] ??= [];
    charts[chart].push({ item, color: place % curveLimit });
  }
  return charts.flatMap((chart) => [chart]); // skips the holes of absent labels
}
