/** Numerical derivatives by finite differences. */

/** Offsets in steps from the entry, and their weights. */
export type Stencil = readonly (readonly [place: number, weight: number])[];

/** Second order. */
export const CENTRAL: Stencil = [
  [-1, -1 / 2],
  [1, 1 / 2],
];

/** Fourth order. */
export const FOURTH_ORDER: Stencil = [
  [-2, 1 / 12],
  [-1, -2 / 3],
  [1, 2 / 3],
  [2, -1 / 12],
];

/**
 * Derivatives of several numbers by every entry of `data`, which is modified in place and restored.
 *
 * @param measure the numbers for the current entries
 * @returns for each entry, the derivative of each number
 */
export async function differences(
  data: Float32Array | Float64Array,
  { step, stencil }: { readonly step: number; readonly stencil: Stencil },
  measure: () => readonly number[] | Promise<readonly number[]>,
): Promise<number[][]> {
  const slopes: number[][] = [];
  for (const [i, at] of data.entries()) {
    const slope: number[] = [];
    for (const [place, weight] of stencil) {
      data[i] = at + place * step;
      for (const [k, value] of (await measure()).entries()) {
        slope[k] = (slope[k] ?? 0) + (weight * value) / step;
      }
    }
    data[i] = at;
    slopes.push(slope);
  }
  return slopes;
}
