/** Texts for screen readers. */

/** Maximum number of experts in a text. */
const mostExperts = 8;

/**
 * Describes a layer by the number of patches or tokens of its experts, most first; dropped ones are
 * counted apart.
 *
 * @param ids expert of each token; an id outside 0 to E-1 means no expert
 * @example
 * expertCounts("patches", { layer: "moe", numExperts: 2 }, [1, 1, 0, 2])
 * // "moe: patches by expert, expert 1: 2, expert 0: 1, dropped: 1"
 */
export function expertCounts(
  of: "patches" | "tokens",
  { layer, numExperts }: { readonly layer: string; readonly numExperts: number },
  ids: readonly number[],
): string {
  const counts = new Map<number, number>();
  let dropped = 0;
  for (const id of ids) {
    if (id >= 0 && id < numExperts) counts.set(id, (counts.get(id) ?? 0) + 1);
    else dropped += 1;
  }
  const parts = [...counts]
    .sort((a, b) => b[1] - a[1])
    .slice(0, mostExperts)
    .map(([expert, count]) => `expert ${expert}: ${count}`);
  if (dropped > 0) parts.push(`dropped: ${dropped}`);
  return `${layer}: ${of} by expert, ${parts.join(", ")}`;
}
