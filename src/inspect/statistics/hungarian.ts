/** The assignment problem. */

/**
 * Assigns a distinct column to each row, maximising the sum of the chosen entries (the Hungarian
 * method with potentials, O(n^3)).
 *
 * @param scores square, `[n][n]`
 * @returns the column of each row
 * @throws RangeError if `scores` is not square
 * @example
 * bestAssignment([[1, 5], [2, 9]]) // [0, 1]: the sum is 10; the alternative is 7
 */
export function bestAssignment(scores: readonly (readonly number[])[]): number[] {
  const n = scores.length;
  if (scores.some((row) => row.length !== n)) {
    throw new RangeError(`an assignment needs as many columns as rows, got ${n} rows`);
  }
  // Rows and columns count from 1; column 0 holds the row being assigned.
  const rowPotential = new Float64Array(n + 1);
  const columnPotential = new Float64Array(n + 1);
  const rowOfColumn = new Int32Array(n + 1);
  const previous = new Int32Array(n + 1);
  for (let row = 1; row <= n; row++) {
    const slack = new Float64Array(n + 1).fill(Number.POSITIVE_INFINITY);
    const visited = new Uint8Array(n + 1);
    rowOfColumn[0] = row;
    let column = 0;
    do {
      visited[column] = 1;
      const current = rowOfColumn[column]!;
      let step = Number.POSITIVE_INFINITY;
      let nearest = 0;
      for (let j = 1; j <= n; j++) {
        if (visited[j]) continue;
        const cost = -scores[current - 1]![j - 1]!;
        const reduced = cost - rowPotential[current]! - columnPotential[j]!;
        if (reduced < slack[j]!) {
          slack[j] = reduced;
          previous[j] = column;
        }
        if (slack[j]! < step) {
          step = slack[j]!;
          nearest = j;
        }
      }
      for (let j = 0; j <= n; j++) {
        if (visited[j]) {
          rowPotential[rowOfColumn[j]!]! += step;
          columnPotential[j]! -= step;
        } else {
          slack[j]! -= step;
        }
      }
      column = nearest;
    } while (rowOfColumn[column] !== 0);
    while (column !== 0) {
      const before = previous[column]!;
      rowOfColumn[column] = rowOfColumn[before]!;
      column = before;
    }
  }
  const columns = Array<number>(n).fill(0);
  for (let j = 1; j <= n; j++) columns[rowOfColumn[j]! - 1] = j - 1;
  return columns;
}
