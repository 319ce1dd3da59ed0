/** Worker threads that make batches. */

import type { Worker } from "node:worker_threads";
import { UserError } from "../../graph/errors.ts";
import type { Batch } from "../batches/batch.ts";
import type { BatchJob } from "../batches/batch-order.ts";
import type { BatchSetup } from "../batches/create-batch-maker.ts";
import type { SharedImages } from "../dataset.ts";
import type { DatasetSpec } from "../registry.ts";
import { startThread } from "./start-thread.ts";

/** The data of a new worker. */
export interface WorkerSetup extends BatchSetup {
  readonly spec: DatasetSpec;
  /** Decoded images of the main thread, if the set keeps them. */
  readonly shared?: SharedImages;
  readonly classNames: readonly string[];
  /** URLs of modules to import before the set is opened. */
  readonly plugins: readonly string[];
}

/** A batch to make. */
export interface JobMessage {
  readonly id: number;
  readonly job: BatchJob;
}

/** Sent by a worker once its modules are loaded. */
export const READY = "ready";

/** A worker's answer; errors travel as plain values. */
export type JobReply =
  | { readonly id: number; readonly batch: Batch }
  | { readonly id: number; readonly error: { message: string; exitCode?: 1 | 2 } };

/** Threads that make batches. */
export interface WorkerPool {
  readonly run: (job: BatchJob) => Promise<Batch>;
  /** Ends the threads once their modules are loaded; running jobs are rejected. */
  readonly dispose: () => Promise<void>;
}

interface Waiting {
  readonly resolve: (batch: Batch) => void;
  readonly reject: (error: Error) => void;
}

/** Starts `count` threads; jobs are distributed round robin. Idle threads do not keep the process alive. */
export function createWorkerPool(count: number, setup: WorkerSetup): WorkerPool {
  const waiting = new Map<number, Waiting>();
  let failure: Error | undefined;
  let nextId = 0;
  const workers = Array.from({ length: count }, () =>
    startThread(new URL("./loader-worker", import.meta.url), {
      workerData: setup,
      plugins: setup.plugins,
    }),
  );
  const loaded = workers.map(whenLoaded);

  const settle = (id: number): Waiting | undefined => {
    const job = waiting.get(id);
    // After `dispose`, a late answer must not let the process exit before the threads stop.
    if (job === undefined) return undefined;
    waiting.delete(id);
    if (waiting.size === 0) for (const worker of workers) worker.unref();
    return job;
  };
  const fail = (error: Error): void => {
    failure ??= error;
    for (const id of [...waiting.keys()]) settle(id)?.reject(failure);
  };

  for (const worker of workers) {
    worker.unref();
    worker.on("message", (reply: JobReply | typeof READY) => {
      if (reply === READY) return;
      const job = settle(reply.id);
      if ("batch" in reply) job?.resolve(reply.batch);
      else job?.reject(revive(reply.error));
    });
    worker.on("error", (error) => fail(new Error(`a data worker stopped: ${error.message}`)));
    worker.on("exit", (code) => fail(new Error(`a data worker ended with exit code ${code}`)));
  }

  return {
    run: (job) =>
      new Promise((resolve, reject) => {
        if (failure) {
          reject(failure);
          return;
        }
        if (waiting.size === 0) for (const worker of workers) worker.ref();
        const id = nextId++;
        waiting.set(id, { resolve, reject });
        workers[id % count]!.postMessage({ id, job } satisfies JobMessage);
      }),
    dispose: async () => {
      fail(new Error("the loader is disposed"));
      for (const worker of workers) worker.ref();
      // A thread that is ended while it loads modules leaves their files open.
      await Promise.all(workers.map((worker, i) => loaded[i]!.then(() => worker.terminate())));
    },
  };
}

/** Resolves when a worker has loaded its modules, or has ended. */
function whenLoaded(worker: Worker): Promise<void> {
  return new Promise((resolve) => {
    worker.once("message", () => resolve());
    worker.once("exit", () => resolve());
  });
}

function revive(error: { message: string; exitCode?: 1 | 2 }): Error {
  const { message, exitCode } = error;
  return exitCode === undefined ? new Error(message) : new UserError(message, { exitCode });
}
