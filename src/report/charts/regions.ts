/** Connected areas of a patch grid, and tiles as short SVG paths. */

/** A four-connected area of patches with one expert. */
export interface Region {
  readonly expert: number;
  readonly size: number;
  /** The patch nearest to the area's centre: the position of the number. */
  readonly row: number;
  readonly col: number;
}

/** Areas with equal expert, in reading order. */
export function regions(experts: ArrayLike<number>, rows: number, cols: number): Region[] {
  const seen = new Uint8Array(rows * cols);
  const found: Region[] = [];
  for (let start = 0; start < rows * cols; start++) {
    if (seen[start] === 1) continue;
    const expert = experts[start]!;
    const area = [start];
    seen[start] = 1;
    for (let i = 0; i < area.length; i++) {
      const at = area[i]!;
      const col = at % cols;
      const near = [at - cols, at + cols, col > 0 ? at - 1 : -1, col < cols - 1 ? at + 1 : -1];
      for (const next of near) {
        if (next < 0 || next >= rows * cols || seen[next] === 1) continue;
        if (experts[next] !== expert) continue;
        seen[next] = 1;
        area.push(next);
      }
    }
    found.push({ expert, size: area.length, ...middle(area, cols) });
  }
  return found;
}

function middle(area: readonly number[], cols: number): { row: number; col: number } {
  const meanRow = area.reduce((sum, at) => sum + Math.floor(at / cols), 0) / area.length;
  const meanCol = area.reduce((sum, at) => sum + (at % cols), 0) / area.length;
  const distance = (at: number): number =>
    Math.hypot(Math.floor(at / cols) - meanRow, (at % cols) - meanCol);
  const best = area.reduce((a, b) => (distance(b) < distance(a) ? b : a));
  return { row: Math.floor(best / cols), col: best % cols };
}

/**
 * An SVG path over the tiles that satisfy `test`, in units of tiles; adjacent tiles of a row are
 * merged.
 */
export function tilePath(rows: number, cols: number, test: (tile: number) => boolean): string {
  let path = "";
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++) {
      const start = col;
      while (col < cols && test(row * cols + col)) col++;
      const length = col - start;
      if (length > 0) path += `M${start} ${row}h${length}v1h-${length}z`;
    }
  }
  return path;
}

/** An SVG path along all edges between tiles of different experts. */
export function borderPath(experts: ArrayLike<number>, rows: number, cols: number): string {
  let path = "";
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++) {
      const at = row * cols + col;
      if (col + 1 < cols && experts[at] !== experts[at + 1]) path += `M${col + 1} ${row}v1`;
      if (row + 1 < rows && experts[at] !== experts[at + cols]) path += `M${col} ${row + 1}h1`;
    }
  }
  return path;
}
