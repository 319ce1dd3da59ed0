/** A drawn object; lengths are fractions of the image side. */
export interface PlacedObject {
  /** Centre, measured from the left and from the top. */
  readonly x: number;
  readonly y: number;
  /** Side of its bounding square. */
  readonly size: number;
}

/**
 * Index of the object that each patch shows: the first object whose square contains the patch
 * centre. A patch that contains an object's centre belongs to that object unless an earlier object
 * claims it.
 *
 * @param objects objects from front to back
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
