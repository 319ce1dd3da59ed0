/** Features of the frozen part of a model: computed once for each sample, then read from a store. */
import type { Batch } from "../../data/batches/batch.ts";
import { allocate, elementCount, type NdArray, view } from "../../graph/array.ts";
import { usageError } from "../../graph/errors.ts";
import type { Binding, Runtime, SessionOptions } from "../../runtime/session.ts";
import { type ArrayBatch, type FeatureCache, rowsOf } from "../evaluator.ts";
import type { FrozenFeature, FrozenPart } from "./frozen-part.ts";

/** Features by sample; a sample is known by the bytes of the arrays that the frozen part reads. */
export interface FeatureStore {
  /** The key of a sample. */
  keyOf(sample: readonly Uint8Array[]): string;
  has(key: string): boolean;
  /** Copies the features of a sample, one after another; false if they are not known. */
  read(key: string, features: readonly Uint8Array[]): Promise<boolean>;
  /** Adds the features of a sample, if there is room. */
  add(key: string, features: readonly Uint8Array[]): Promise<void>;
}

export interface FrozenFeaturesOptions {
  readonly runtime: Runtime;
  readonly session?: SessionOptions;
  /** Memory of a frozen parameter by its name. */
  readonly weights: (name: string) => NdArray;
  /** Opens the features that a model computes with these weights, in the order of its inputs. */
  readonly open: (model: Uint8Array, weights: readonly NdArray[]) => Promise<FeatureStore>;
  /** Called after each sample whose features were computed. */
  readonly onComputed?: () => void;
}

export interface FrozenFeatures extends FeatureCache {
  /** Call it after the weights were replaced. */
  refresh(): void;
  dispose(): void;
}

/** Largest difference between features of a sample alone and in a batch, relative to the largest feature. */
const TOLERANCE = 1e-2;

/**
 * Computes features for one sample at a time, so that they depend neither on the rest of a batch nor on the
 * order of the samples. Before the first use, the features of a batch that is computed together are
 * compared with them.
 *
 * @throws UserError (exit code 2), from `next`, if the samples of a batch influence each other
 *
 * No example: recipes turn it on with `train.cache_frozen`.
 */
export async function createFrozenFeatures(
  part: FrozenPart,
  { runtime, session: options = {}, weights, open, onComputed }: FrozenFeaturesOptions,
): Promise<FrozenFeatures> {
  const { features, reads, model } = part;
  const { bytes, explain } = model;
  const session = await runtime.createSession(bytes, { ...options, explain });
  const parameters = model.inputs
    .filter(({ role }) => role === "parameter")
    .map(({ name }) => [name, weights(name)] as const);
  let opening: Promise<FeatureStore> | undefined;
  let store: FeatureStore | undefined;
  let binding: Binding | undefined;
  let isChecked = false;

  const compute = async (arrays: Arrays, outputs: Arrays): Promise<void> => {
    if (binding === undefined) {
      binding = session.bind({ ...Object.fromEntries(parameters), ...arrays }, outputs);
    } else {
      for (const [name, array] of Object.entries({ ...arrays, ...outputs })) {
        binding.rebind(name, array);
      }
    }
    await binding.run();
  };

  /** Compares the features of samples with the features of the same samples in one batch. */
  const check = async (batch: ArrayBatch, found: Arrays): Promise<void> => {
    const together = allocateFeatures(features, rowsOf(batch));
    const arrays = reads.map((name) => [name, batch.arrays[name]!]);
    await compute(Object.fromEntries(arrays), together);
    for (const { name, place, dtype } of features) {
      if (!dtype.startsWith("float")) continue;
      const difference = relativeDifference(found[name]!, together[name]!);
      if (difference <= TOLERANCE) continue;
      throw usageError(
        `train.cache_frozen cannot keep the output of ${place}: the samples of a batch influence each other, by ${difference.toPrecision(2)} of the largest value (at most ${TOLERANCE}); choose layers in which they do not, or drop train.cache_frozen`,
      );
    }
  };

  const addFeatures = async <B extends ArrayBatch>(batch: B, names: SampleNames): Promise<B> => {
    opening ??= open(
      bytes,
      parameters.map(([, array]) => array),
    );
    store = await opening;
    const size = rowsOf(batch);
    const found = allocateFeatures(features, size);
    const isWhole = reads.every((name) => batch.arrays[name] !== undefined);
    let computed = 0;
    for (let row = 0; row < size; row++) {
      const sample = isWhole ? reads.map((name) => rowOf(batch.arrays[name]!, row)) : [];
      const key = isWhole ? store.keyOf(sample.map(bytesOf)) : names.keyOf(batch, row)!;
      names.remember(batch, row, key);
      const outputs = features.map(({ name }) => rowOf(found[name]!, row, size));
      if (await store.read(key, outputs.map(bytesOf))) continue;
      await compute(
        Object.fromEntries(reads.map((name, i) => [name, sample[i]!])),
        Object.fromEntries(features.map(({ name }, i) => [name, outputs[i]!])),
      );
      await store.add(key, outputs.map(bytesOf));
      computed += 1;
      onComputed?.();
    }
    if (!isChecked && computed > 1) {
      await check(batch, found);
      isChecked = true;
    }
    return { ...batch, arrays: { ...batch.arrays, ...found } };
  };

  const sources = new WeakMap<object, SampleNames>();
  return {
    givenFor: part.givenFor,
    withFeatures(source, needs) {
      const unneeded = reads.filter((name) => !needs(name));
      const names = sources.get(source) ?? createSampleNames();
      sources.set(source, names);
      return {
        seek: (step) =>
          source.seek(step, {
            without: (job) =>
              names.keysOf(job).every((key) => key !== undefined && store?.has(key))
                ? unneeded
                : [],
          }),
        async next() {
          const batch = await source.next();
          return batch && addFeatures(batch, names);
        },
      };
    },
    refresh() {
      opening = undefined;
      store = undefined;
    },
    dispose() {
      binding?.dispose();
      session.dispose();
    },
  };
}

type Arrays = Readonly<Record<string, NdArray>>;

/** The keys of the samples of a source, by their positions and views. */
interface SampleNames {
  keysOf(samples: Pick<Batch, "indices" | "view">): (string | undefined)[];
  keyOf(batch: ArrayBatch, row: number): string | undefined;
  remember(batch: ArrayBatch, row: number, key: string): void;
}

function createSampleNames(): SampleNames {
  const keys = new Map<string, string>();
  const nameOf = (index: number, shown = 0): string => `${shown}/${index}`;
  const nameOfRow = (batch: ArrayBatch, row: number): string | undefined => {
    const { indices, view: shown } = batch as Partial<Batch>;
    return indices && nameOf(indices[row]!, shown);
  };
  return {
    keysOf: ({ indices, view: shown }) =>
      Array.from(indices, (index) => keys.get(nameOf(index, shown))),
    keyOf(batch, row) {
      const name = nameOfRow(batch, row);
      return name === undefined ? undefined : keys.get(name);
    },
    remember(batch, row, key) {
      const name = nameOfRow(batch, row);
      if (name !== undefined) keys.set(name, key);
    },
  };
}

function allocateFeatures(features: readonly FrozenFeature[], size: number): Arrays {
  return Object.fromEntries(
    features.map(({ name, dtype, shape: [first, ...rest] }) => [
      name,
      allocate(dtype, [first! * size, ...rest]),
    ]),
  );
}

/** The entries of one of `size` samples, without a copy. */
function rowOf({ dtype, shape, data }: NdArray, row: number, size = shape[0]!): NdArray {
  const [first, ...rest] = shape;
  const sample = [first! / size, ...rest];
  const bytes = elementCount(sample) * data.BYTES_PER_ELEMENT;
  return view(dtype, sample, data.buffer, data.byteOffset + row * bytes);
}

function bytesOf({ data }: NdArray): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function relativeDifference(a: NdArray, b: NdArray): number {
  const [x, y] = [a.data, b.data] as [Float32Array, Float32Array];
  let difference = 0;
  let largest = 0;
  for (let i = 0; i < x.length; i++) {
    difference = Math.max(difference, Math.abs(x[i]! - y[i]!));
    largest = Math.max(largest, Math.abs(x[i]!));
  }
  return difference === 0 ? 0 : difference / largest;
}
