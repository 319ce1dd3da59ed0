/** Random inputs of a model, served as windows into tables that are filled once. */
import { allocate, elementCount, type NdArray, view } from "../graph/array.ts";
import type { RandomDistribution } from "../nn/scope.ts";
import { foldIn, integers, type Key, normal, uniform } from "../random/index.ts";

/**
 * Provides random numbers for dropout and router noise without drawing millions of them at every step.
 *
 * The offset of a window depends only on (seed, step, name), so a resumed run gets the same numbers.
 * Windows of different steps overlap partly; the tables are at least four times the largest window.
 */
export interface RandomPool {
  /** The numbers of the random tensor `name` at `step`; nothing is copied. */
  window(
    distribution: RandomDistribution,
    name: string,
    step: number,
    shape: readonly number[],
  ): NdArray<"float32">;
}

const SMALLEST_TABLE = 2 ** 20;
const ALIGNMENT = 16; // floats: one cache line

export interface PoolRequest {
  readonly distribution: RandomDistribution;
  readonly shape: readonly number[];
}

/** Fills the tables that the requests need. */
export function createRandomPool(seed: Key, requests: readonly PoolRequest[]): RandomPool {
  const tables = new Map<RandomDistribution, NdArray<"float32">>();
  for (const [distribution, fill] of [
    ["uniform", uniform],
    ["normal", normal],
  ] as const) {
    const sizes = requests
      .filter((request) => request.distribution === distribution)
      .map(({ shape }) => elementCount(shape));
    if (sizes.length === 0) continue;
    const table = allocate("float32", [Math.max(SMALLEST_TABLE, 4 * Math.max(...sizes))]);
    fill(foldIn(seed, distribution), table.data);
    tables.set(distribution, table);
  }
  return {
    window(distribution, name, step, shape) {
      const table = tables.get(distribution)!;
      const room = Math.floor((table.data.length - elementCount(shape)) / ALIGNMENT);
      const [place] = integers(foldIn(foldIn(seed, name), step), 1, 0, room + 1);
      return view("float32", shape, table.data.buffer, place! * ALIGNMENT * 4);
    },
  };
}
