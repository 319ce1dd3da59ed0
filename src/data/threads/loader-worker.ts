/** The body of a worker thread: opens the data set once, then makes one batch per job. */

import { parentPort, workerData } from "node:worker_threads";
import { addDefinitions } from "../../config/registry.ts";
import { UserError } from "../../graph/errors.ts";
import { openShared } from "../array-dataset.ts";
import type { BatchMaker } from "../batches/batch.ts";
import { createBatchMaker } from "../batches/create-batch-maker.ts";
import { openDataset } from "../open-dataset.ts";
import { type JobMessage, type JobReply, READY, type WorkerSetup } from "./worker-pool.ts";

const { spec, shared, classNames, plugins, ...setup } = workerData as WorkerSetup;

async function open(): Promise<BatchMaker> {
  for (const plugin of plugins) addDefinitions(await import(plugin));
  const dataset = shared ? openShared(shared, classNames) : await openDataset(spec);
  return createBatchMaker(dataset, setup);
}

parentPort!.postMessage(READY);
const opened = open();
opened.catch(() => {}); // reported with the first job

parentPort!.on("message", async ({ id, job }: JobMessage) => {
  try {
    const batch = (await opened).make(job);
    const buffers = Object.values(batch.arrays).map(({ data }) => data.buffer as ArrayBuffer);
    parentPort!.postMessage({ id, batch } satisfies JobReply, buffers);
  } catch (cause) {
    const { message } = cause as Error;
    const error = cause instanceof UserError ? { message, exitCode: cause.exitCode } : { message };
    parentPort!.postMessage({ id, error } satisfies JobReply);
  }
});
