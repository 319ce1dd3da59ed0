/** The loader: batches in an order that depends only on the seed, made by worker threads. */

import { defined } from "../graph/defined.ts";
import { usageError } from "../graph/errors.ts";
import type { Batch, BatchMaker, Field, SeekOptions } from "./batches/batch.ts";
import { type BatchJob, type BatchOrder, batchOrder } from "./batches/batch-order.ts";
import { type BatchSetup, createBatchMaker } from "./batches/create-batch-maker.ts";
import { domainOrder } from "./batches/domain-order.ts";
import type { Dataset } from "./dataset.ts";
import type { StoreHooks } from "./images/store.ts";
import { openDataset } from "./open-dataset.ts";
import type { DatasetSpec } from "./registry.ts";
import { createWorkerPool, type WorkerPool } from "./threads/worker-pool.ts";
import type { TokenizerState } from "./tokenizers/index.ts";
import type { TransformSpec } from "./transforms/index.ts";

/** Options of the loader. */
export interface LoaderOptions {
  /** Samples per batch, unless `samplesPerDomain` is given. */
  readonly batchSize: number;
  /** Makes batches smaller, as few as there are, so that the last one is no smaller than need be. */
  readonly even?: boolean;
  /**
   * Samples of each domain in a batch, domain by domain, with the domain index of each; needs `shuffle`
   * and a set with domains.
   */
  readonly samplesPerDomain?: number;
  /** By default 0. */
  readonly seed?: number;
  /** Whether every epoch has a new order; by default false. */
  readonly shuffle?: boolean;
  /** Drops a smaller last batch; by default as `shuffle`. */
  readonly dropLast?: boolean;
  readonly transforms?: readonly TransformSpec[];
  /** Encodes text as ids. */
  readonly tokenizer?: TokenizerState;
  /**
   * Folder of data sets, which may contain the vocabulary of the tokenizer; by default the root of the
   * set.
   */
  readonly root?: string;
  /** Tokens per text sample. */
  readonly contextLength?: number;
  /** Whether samples are augmented and windows of text overlap; by default as `shuffle`. */
  readonly training?: boolean;
  /**
   * Threads that make batches of images, by default 1; 0 makes them on the calling thread. Batches of
   * text are always made on the calling thread.
   */
  readonly workers?: number;
  /** Batches made ahead, by default two per worker. */
  readonly prefetch?: number;
  /**
   * Number of augmented versions of each image: epoch e uses version e mod `views`. By default every
   * epoch has new ones.
   */
  readonly views?: number;
  /** First global step, by default 0; earlier batches are not made. */
  readonly startStep?: number;
  /** The opened set, if it is open already. */
  readonly dataset?: Dataset;
  /** Progress callbacks and a cache for decoding pictures. */
  readonly hooks?: StoreHooks;
  /**
   * URLs of modules that add definitions to `datasets`; worker threads import them before they open
   * the set.
   */
  readonly plugins?: readonly string[];
  /** Epochs before the loader ends, by default endless with `shuffle` and 1 without. */
  readonly epochs?: number;
}

/** Batches of a data set, step by step. */
export interface Loader extends AsyncIterable<Batch> {
  readonly dataset: Dataset;
  /** Maximum samples per batch; the last batch of an epoch may have fewer. */
  readonly batchSize: number;
  readonly batchesPerEpoch: number;
  /** The arrays of a batch, without their batch axis. */
  readonly fields: Readonly<Record<string, Field>>;
  /** Names of arrays that differ between epochs for the same sample, other than by views. */
  readonly varying: readonly string[];
  /** The batch of the next step, or undefined after the last epoch. */
  next(): Promise<Batch | undefined>;
  /** Moves to a global step; prefetched batches are dropped. */
  seek(step: number, options?: SeekOptions): void;
  /** Stops the worker threads. */
  dispose(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Opens a data set and prepares its batches. The batch of a step is the same for the same seed,
 * for any number of workers and any first step.
 *
 * @throws UserError (exit code 2) for options that do not fit the data set
 *
 * @example
 * const loader = await createLoader({ name: "shapes", split: "train" }, { batchSize: 64, shuffle: true });
 * const { arrays } = (await loader.next())!; // images [64, 3, 32, 32], labels [64]
 * await loader.dispose();
 */
export async function createLoader(spec: DatasetSpec, options: LoaderOptions): Promise<Loader> {
  const { seed = 0, shuffle = false, training = shuffle, transforms = [] } = options;
  const { tokenizer, contextLength, samplesPerDomain, views } = options;
  const { root = "root" in spec ? spec.root : undefined } = options;
  const { workers: wanted = 1, epochs = shuffle ? Number.POSITIVE_INFINITY : 1 } = options;
  const { prefetch = Math.max(1, 2 * wanted) } = options;
  checkCount("workers", wanted, 0, 64);
  checkCount("prefetch", prefetch, 1, 1024);
  if (views !== undefined) checkCount("views", views, 1, 1024);
  const dataset = options.dataset ?? (await openDataset(spec, options.hooks));
  const workers = dataset.kind === "image" ? wanted : 0;
  const setup: BatchSetup = {
    transforms,
    seed,
    training,
    ...defined({ tokenizer, contextLength, root }),
    ...(samplesPerDomain !== undefined && { domains: true }),
  };
  const maker = await createBatchMaker(dataset, setup);
  const order =
    samplesPerDomain === undefined
      ? batchOrder({
          length: maker.length,
          batchSize: options.batchSize,
          even: options.even ?? false,
          seed,
          shuffle,
          dropLast: options.dropLast ?? shuffle,
        })
      : balancedOrder(dataset, samplesPerDomain, seed);
  const end = epochs * order.batchesPerEpoch;
  const shared = dataset.kind === "image" ? dataset.shared : undefined;
  const pool =
    workers === 0
      ? inline(maker)
      : createWorkerPool(workers, {
          ...setup,
          spec,
          classNames: "classNames" in dataset ? dataset.classNames : [],
          plugins: options.plugins ?? [],
          ...defined({ shared }),
        });
  const ahead = workers === 0 ? 1 : prefetch;

  let position = 0;
  let disposed = false;
  let made: Promise<Batch>[] = [];
  let without: SeekOptions["without"];

  const seek = (step: number, chosen: SeekOptions = {}): void => {
    checkCount("step", step, 0, Number.MAX_SAFE_INTEGER);
    position = step;
    made = [];
    without = chosen.without;
  };
  const jobOf = (step: number): BatchJob => {
    const job = order.job(step);
    const viewed = views === undefined ? job : { ...job, view: job.epoch % views };
    return without === undefined ? viewed : { ...viewed, without: without(viewed) };
  };
  const fill = (): void => {
    while (made.length < ahead && position + made.length < end) {
      const batch = pool.run(jobOf(position + made.length));
      batch.catch(() => {}); // reported with its step
      made.push(batch);
    }
  };
  const next = async (): Promise<Batch | undefined> => {
    if (disposed) throw new Error("the loader is disposed");
    fill();
    const batch = made.shift();
    if (batch === undefined) return undefined;
    position++;
    if (workers > 0) fill();
    return batch;
  };
  const dispose = async (): Promise<void> => {
    disposed = true;
    made = [];
    await pool.dispose();
  };

  seek(options.startStep ?? 0);
  return {
    dataset,
    batchSize: samplesPerDomain === undefined ? options.batchSize : order.job(0).indices.length,
    batchesPerEpoch: order.batchesPerEpoch,
    fields: maker.fields,
    varying: (maker.varying ?? []).filter((name) => views === undefined || name !== "images"),
    next,
    seek,
    dispose,
    [Symbol.asyncDispose]: dispose,
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        const value = await next();
        return value === undefined ? { done: true, value } : { done: false, value };
      },
    }),
  };
}

function balancedOrder(dataset: Dataset, samplesPerDomain: number, seed: number): BatchOrder {
  const { name } = dataset;
  if (dataset.kind !== "image" || dataset.domains === undefined) {
    throw usageError(
      `${name} has no domains; drop samples_per_domain or choose a set with domains`,
    );
  }
  const { domains, length } = dataset;
  return domainOrder({ name, domains, length, samplesPerDomain, seed });
}

/** A pool without threads. */
function inline(maker: BatchMaker): WorkerPool {
  return { run: async (job) => maker.make(job), dispose: async () => {} };
}

function checkCount(name: string, value: number, low: number, high: number): void {
  if (Number.isInteger(value) && value >= low && value <= high) return;
  throw usageError(`loader: ${name} must be a whole number from ${low} to ${high}, got ${value}`);
}
