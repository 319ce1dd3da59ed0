/** The body of a worker thread: opens the data set once, then answers every job with a batch. */

import { parentPort, workerData } from "node:worker_threads";
import { UserError } from "../graph/errors.ts";
import { openShared } from "./array-dataset.ts";
import { makeBatch } from "./batch.ts";
import type { Dataset } from "./dataset.ts";
import { openDataset } from "./open.ts";
import { datasets } from "./registry.ts";
import { type Pipeline, pipeline } from "./transforms/index.ts";
import type { JobMessage, JobReply, WorkerSetup } from "./worker-pool.ts";

const { spec, shared, transforms, seed } = workerData as WorkerSetup;

async function open(): Promise<{ dataset: Dataset; bound: Pipeline }> {
  const dataset = shared
    ? openShared(shared, datasets[spec.name].classNames)
    : await openDataset(spec);
  return { dataset, bound: pipeline(transforms, dataset.imageShape) };
}

const opened = open();
opened.catch(() => {}); // told with the first job

parentPort!.on("message", async ({ id, job }: JobMessage) => {
  try {
    const { dataset, bound } = await opened;
    const batch = makeBatch(dataset, bound, job, seed);
    const buffers = [batch.images.data.buffer, batch.labels.data.buffer] as ArrayBuffer[];
    parentPort!.postMessage({ id, batch } satisfies JobReply, buffers);
  } catch (cause) {
    const { message } = cause as Error;
    const error = cause instanceof UserError ? { message, exitCode: cause.exitCode } : { message };
    parentPort!.postMessage({ id, error } satisfies JobReply);
  }
});
