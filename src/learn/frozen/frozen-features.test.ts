import { expect, test } from "vitest";
import type { Batch, SeekOptions } from "../../data/batches/batch.ts";
import { allocate, array, type NdArray, toNumbers } from "../../graph/array.ts";
import { batch, type Dim } from "../../graph/shape.ts";
import { linear } from "../../nn/linear.ts";
import { mul } from "../../ops/arithmetic.ts";
import { cast, greater, where } from "../../ops/compare.ts";
import { groupByExpert } from "../../ops/group.ts";
import { reduceMax, reduceMean } from "../../ops/reduce.ts";
import { nativeRuntime } from "../../runtime/native/native.ts";
import type { BatchSource } from "../evaluator.ts";
import type { Objective } from "../step-graph.ts";
import { createFrozenFeatures, type FeatureStore } from "./frozen-features.ts";
import { findFrozenPart } from "./frozen-part.ts";

const specs = (size: Dim) => ({ x: { dtype: "float32", shape: [size, 2] } }) as const;
const weights: Record<string, NdArray> = {
  "fc.weight": array([
    [1, 2],
    [3, -1],
  ]),
  "fc.bias": array([0.5, 0]),
};

/** A frozen layer, then a trained one. */
const plain: Objective = (scope, { x }) => ({
  loss: reduceMean(linear(scope.child("head"), linear(scope.child("fc"), x!, 2), 1)),
});
/** The layer sees how many samples choose an expert, as one that drops the excess does; no shape shows it. */
const counting: Objective = (scope, { x }) => {
  const ids = cast(greater(reduceMax(x!, 1), 1), "int64"); // [B]
  const many = greater(groupByExpert(ids, 2).counts, 1); // [2] bool
  const seen = where(many, mul(x!, 2), x!);
  return { loss: reduceMean(linear(scope.child("head"), linear(scope.child("fc"), seen, 2), 1)) };
};

interface MemoryStore extends FeatureStore {
  readonly rows: Map<string, Uint8Array[]>;
}

function memoryStore(): MemoryStore {
  const rows = new Map<string, Uint8Array[]>();
  return {
    rows,
    keyOf: (sample) => sample.map(String).join(";"),
    has: (key) => rows.has(key),
    async read(key, features) {
      const found = rows.get(key);
      for (const [i, part] of found?.entries() ?? []) features[i]!.set(part);
      return found !== undefined;
    },
    async add(key, features) {
      rows.set(
        key,
        features.map((part) => part.slice()),
      );
    },
  };
}

/** Two batches of three samples; batches that need no `x` have none. */
function samplesOf(values: readonly (readonly [number, number])[]): BatchSource & { made: number } {
  let step = 0;
  let options: SeekOptions | undefined;
  const source = {
    made: 0,
    seek(to: number, given?: SeekOptions) {
      step = to;
      options = given;
    },
    async next(): Promise<Batch | undefined> {
      const indices = Int32Array.from([0, 1, 2], (i) => step * 3 + i);
      if (indices[0]! >= values.length) return undefined;
      const without = options?.without?.({ step, epoch: 0, indices }) ?? [];
      step += 1;
      const labels = allocate("int64", [3]);
      if (without.includes("x")) return { step, epoch: 0, indices, arrays: { labels } };
      source.made += 3;
      const x = array(Array.from(indices, (i) => [...values[i]!]));
      return { step, epoch: 0, indices, arrays: { x, labels } };
    },
  };
  return source;
}

async function openFeatures(objective: Objective) {
  const part = findFrozenPart(objective, {
    training: specs(3),
    evaluation: specs(batch()),
    trains: ({ name }) => name.startsWith("head"),
    isConstant: () => true,
  });
  const stores: MemoryStore[] = [];
  let computed = 0;
  const features = await createFrozenFeatures(part, {
    runtime: nativeRuntime(),
    session: { threads: 1 },
    weights: (name) => weights[name]!,
    async open() {
      stores.push(memoryStore());
      return stores.at(-1)!;
    },
    onComputed: () => computed++,
  });
  return { features, stores, computed: () => computed };
}

async function readAll(source: BatchSource): Promise<number[]> {
  const found: number[] = [];
  source.seek(0);
  for (let data = await source.next(); data !== undefined; data = await source.next()) {
    expect(Object.keys(data.arrays).at(-1)).toBe("frozen:0");
    found.push(...toNumbers(data.arrays["frozen:0"]!));
  }
  return found;
}

const values = [
  [1, 0],
  [0, 1],
  [2, 2],
  [1, 1],
  [0, 1],
  [-1, 3],
] as const;
/** `x W + b` by hand. */
const expected = [1.5, 3, 2.5, -1, 6.5, 4, 3.5, 2, 2.5, -1, 5.5, -6];

test("each sample is computed once, and its arrays are not made again", async () => {
  const { features, stores, computed } = await openFeatures(plain);
  const source = samplesOf(values);
  const read = features.withFeatures(source, () => false);
  expect(await readAll(read)).toEqual(expected);
  expect(computed()).toBe(5); // [0, 1] is twice in the set
  expect(source.made).toBe(6);
  expect(await readAll(read)).toEqual(expected);
  expect(await readAll(features.withFeatures(source, () => false))).toEqual(expected);
  expect([computed(), source.made]).toEqual([5, 6]);

  // A graph that reads the samples as well gets them.
  expect(await readAll(features.withFeatures(source, (name) => name === "x"))).toEqual(expected);
  expect([computed(), source.made]).toEqual([5, 12]);
  // Another source has other samples at the same positions.
  const reversed = samplesOf(values.toReversed());
  expect((await readAll(features.withFeatures(reversed, () => false))).slice(-2)).toEqual([1.5, 3]);
  expect([computed(), reversed.made]).toEqual([5, 6]);
  expect(stores).toHaveLength(1);

  features.refresh();
  expect(await readAll(read)).toEqual(expected);
  expect([computed(), source.made]).toEqual([10, 18]);
  expect(stores).toHaveLength(2);
  features.dispose();
});

test("samples that influence each other are refused at their first use", async () => {
  const { features } = await openFeatures(counting);
  const few = features.withFeatures(samplesOf(values.slice(3)), () => false);
  await expect(readAll(few)).rejects.toThrow(
    /^train.cache_frozen cannot keep the output of fc: the samples of a batch influence each other, by 0\.\d+ of the largest value \(at most 0.01\)/,
  );
  features.dispose();
});
