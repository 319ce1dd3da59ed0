import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NdArray } from "../src/graph/array.ts";
import { type CaseConfig, makeBatch, makeWeights, writeTensors } from "./cases.ts";
import type { Task } from "./peers/peer.ts";

/** Writes weights and batch of a case to a folder that exists while `use` runs. */
export async function withTask<T>(config: CaseConfig, use: (task: Task) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "moesaic-bench-"));
  try {
    const task = {
      config,
      weights: join(folder, "weights.safetensors"),
      batch: join(folder, "batch.safetensors"),
    };
    const { images, labels } = makeBatch(config.batchSize);
    await writeTensors(task.weights, makeWeights(config));
    await writeTensors(task.batch, new Map<string, NdArray>(Object.entries({ images, labels })));
    return await use(task);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
