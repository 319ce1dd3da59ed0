/** Patch positions from pointers and keys. */

interface Grid {
  readonly rows: number;
  readonly cols: number;
}

interface Pointer {
  readonly clientX: number;
  readonly clientY: number;
  readonly currentTarget: Element;
}

/** Display name of a patch, such as `row 2, column 3`. */
export function placeName(patch: number, cols: number): string {
  return `row ${Math.floor(patch / cols) + 1}, column ${(patch % cols) + 1}`;
}

/** Index of the patch under a pointer, row by row. */
export function patchAt(
  { clientX, clientY, currentTarget }: Pointer,
  { rows, cols }: Grid,
): number {
  const box = currentTarget.getBoundingClientRect();
  const col = Math.floor(((clientX - box.left) / box.width) * cols);
  const row = Math.floor(((clientY - box.top) / box.height) * rows);
  return within(row, rows) * cols + within(col, cols);
}

/**
 * The patch that a key selects; `null` clears the selection; `undefined` if the grid ignores the
 * key. Without a selection, any arrow key selects the centre patch.
 */
export function movedPatch(
  key: string,
  patch: number | null,
  { rows, cols }: Grid,
): number | null | undefined {
  if (key === "Escape") return null;
  const [col, row] = patch === null ? [0, 0] : [patch % cols, Math.floor(patch / cols)];
  const moves: Readonly<Record<string, readonly [number, number]>> = {
    ArrowLeft: [col - 1, row],
    ArrowRight: [col + 1, row],
    ArrowUp: [col, row - 1],
    ArrowDown: [col, row + 1],
    Home: [0, 0],
    End: [cols - 1, rows - 1],
  };
  const move = moves[key];
  if (move === undefined) return undefined;
  if (patch === null && key.startsWith("Arrow")) {
    return Math.floor(rows / 2) * cols + Math.floor(cols / 2);
  }
  return within(move[1], rows) * cols + within(move[0], cols);
}

function within(value: number, count: number): number {
  return Math.min(count - 1, Math.max(0, value));
}
