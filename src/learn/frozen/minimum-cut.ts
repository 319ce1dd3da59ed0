/** Minimum cuts of directed graphs. */

/** An edge; cutting it costs `capacity`, which may be infinite. */
export interface Edge {
  readonly from: number;
  readonly to: number;
  readonly capacity: number;
}

/** A minimum cut; of several, the one with the fewest vertices on the side of the sink. */
export interface Cut {
  readonly cost: number;
  /** Vertices on the side of the sink. */
  readonly sinkSide: ReadonlySet<number>;
}

/**
 * The edges of least total capacity that separate the sink from the source, by augmenting paths of fewest
 * edges (Edmonds and Karp, 1972, doi:10.1145/321694.321699).
 *
 * @throws RangeError if a path without finite capacity joins them
 * @example
 * const edges = [{ from: 0, to: 1, capacity: 3 }, { from: 1, to: 2, capacity: 2 }];
 * const { cost } = minimumCut(edges, { source: 0, sink: 2 }); // 2
 */
export function minimumCut(
  edges: readonly Edge[],
  { source, sink }: { readonly source: number; readonly sink: number },
): Cut {
  // Edge 2i is edge i, and edge 2i + 1 its reverse.
  const left = edges.flatMap(({ capacity }) => [capacity, 0]);
  const ends = edges.flatMap(({ from, to }) => [to, from]);
  const outgoing = new Map<number, number[]>();
  for (const [at, end] of ends.entries()) {
    const start = ends[at ^ 1]!;
    const list = outgoing.get(start) ?? [];
    list.push(at);
    outgoing.set(start, list);
    if (!outgoing.has(end)) outgoing.set(end, []);
  }

  /** For each vertex that can be reached, the edge by which it was reached. */
  const search = (from: number, isOpen: (edge: number) => boolean): Map<number, number> => {
    const reached = new Map<number, number>([[from, -1]]);
    for (const vertex of reached.keys()) {
      for (const edge of outgoing.get(vertex) ?? []) {
        if (isOpen(edge) && !reached.has(ends[edge]!)) reached.set(ends[edge]!, edge);
      }
    }
    return reached;
  };

  let cost = 0;
  for (;;) {
    const reached = search(source, (edge) => left[edge]! > 0);
    if (!reached.has(sink)) break;
    const path: number[] = [];
    for (let vertex = sink; vertex !== source; vertex = ends[path.at(-1)! ^ 1]!) {
      path.push(reached.get(vertex)!);
    }
    const flow = Math.min(...path.map((edge) => left[edge]!));
    if (flow === Number.POSITIVE_INFINITY) {
      throw new RangeError("minimumCut: no finite cut separates the sink from the source");
    }
    cost += flow;
    for (const edge of path) {
      left[edge]! -= flow;
      left[edge ^ 1]! += flow;
    }
  }
  // Against the direction of the edges.
  const sinkSide = new Set(search(sink, (edge) => left[edge ^ 1]! > 0).keys());
  return { cost, sinkSide };
}
