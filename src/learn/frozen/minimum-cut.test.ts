import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type Edge, minimumCut } from "./minimum-cut.ts";

test("the cut of least capacity, as late as possible", () => {
  const edges: Edge[] = [
    { from: 0, to: 1, capacity: 3 },
    { from: 0, to: 2, capacity: 2 },
    { from: 1, to: 3, capacity: 2 },
    { from: 2, to: 3, capacity: 2 },
    { from: 1, to: 2, capacity: 5 },
    { from: 3, to: 4, capacity: 4 },
  ];
  const { cost, sinkSide } = minimumCut(edges, { source: 0, sink: 4 });
  expect(cost).toBe(4);
  expect([...sinkSide]).toEqual([4]); // 1 -> 3 and 2 -> 3 cost 4 as well
});

test("infinite edges are never cut", () => {
  const edges: Edge[] = [
    { from: 0, to: 1, capacity: 9 },
    { from: 1, to: 2, capacity: Number.POSITIVE_INFINITY },
  ];
  const { cost, sinkSide } = minimumCut(edges, { source: 0, sink: 2 });
  expect(cost).toBe(9);
  expect([...sinkSide].sort()).toEqual([1, 2]);
  const whole = [{ from: 0, to: 2, capacity: Number.POSITIVE_INFINITY }];
  expect(() => minimumCut(whole, { source: 0, sink: 2 })).toThrow("no finite cut");
});

test("no other cut costs less", () => {
  const vertices = 6;
  const edge = fc.record({
    from: fc.nat(vertices - 1),
    to: fc.nat(vertices - 1),
    capacity: fc.integer({ min: 1, max: 9 }),
  });
  const costOf = (edges: readonly Edge[], isSink: (vertex: number) => boolean): number =>
    edges.reduce((sum, e) => sum + (!isSink(e.from) && isSink(e.to) ? e.capacity : 0), 0);
  fc.assert(
    fc.property(fc.array(edge, { maxLength: 14 }), (edges) => {
      const { cost, sinkSide } = minimumCut(edges, { source: 0, sink: vertices - 1 });
      expect(costOf(edges, (vertex) => sinkSide.has(vertex))).toBe(cost);
      const subsets = Array.from({ length: 2 ** (vertices - 2) }, (_, bits) =>
        costOf(edges, (v) => v === vertices - 1 || (v > 0 && ((bits >> (v - 1)) & 1) === 1)),
      );
      expect(Math.min(...subsets)).toBe(cost);
    }),
  );
});
