/** A drawn object; lengths are fractions of the image side. */
export interface PlacedObject {
  /** Centre, from the left and from the top. */
  readonly x: number;
  readonly y: number;
  /** Side of the square that it fills or is as large as. */
  readonly size: number;
}

/**
 * Which object each patch shows: the first in whose square the middle of the patch lies. The patch that
 * holds the centre of an object is its own unless an earlier one has it.
 *
 * @param objects those in front first
 * @returns indices into `objects`, -1 for the background, `[rows * columns]`
 *
 * @example
 * patchObjects([{ x: 0.25, y: 0.25, size: 0.3 }], { rows: 2, columns: 2 }) // [0, -1, -1, -1]
 */
export function patchObjects(
  objects: readonly PlacedObject[],
  { rows, columns }: { readonly rows: number; readonly columns: number },
): number[] {
  return Array.from({ length: rows * columns }, (_, patch) => {
    const row = Math.floor(patch / columns);
    const column = patch % columns;
    return objects.findIndex(({ x, y, size }) => {
      const dx = Math.abs((column + 0.5) / columns - x);
      const dy = Math.abs((row + 0.5) / rows - y);
      const inside = dx <= size / 2 && dy <= size / 2;
      return inside || (Math.floor(x * columns) === column && Math.floor(y * rows) === row);
    });
  });
}
