/** The cache of a training for the frozen part of its model. */
import { createHash } from "node:crypto";
import { cpus } from "node:os";
import { join } from "node:path";
import type { Loader } from "../../data/loader.ts";
import { bytesPerElement, elementCount, type NdArray } from "../../graph/array.ts";
import { UserError } from "../../graph/errors.ts";
import { formatBytes } from "../../graph/format-bytes.ts";
import { batch } from "../../graph/shape.ts";
import { batchSpec } from "../../learn/evaluator.ts";
import {
  createFrozenFeatures,
  type FrozenFeatures,
  type FrozenFeaturesOptions,
} from "../../learn/frozen/frozen-features.ts";
import { type FrozenPart, findFrozenPart } from "../../learn/frozen/frozen-part.ts";
import type { ParameterGroups } from "../../learn/parameter-groups.ts";
import type { ProgressSink } from "../../learn/progress.ts";
import type { StepGraphOptions } from "../../learn/step-graph.ts";
import { CACHE_GIGABYTES, type TrainConfig } from "../../recipe/config.ts";
import { explainDiskError } from "../../runs/files.ts";
import { versions } from "../../runs/versions.ts";
import type { Task } from "../../tasks/task.ts";
import { cacheName, cacheRoot, makeRoom, touch } from "./cache-folder.ts";
import { type FeatureFiles, noFeatureFiles, openFeatureFiles } from "./feature-files.ts";

export interface FindFrozenOptions {
  readonly task: Task;
  readonly loader: Pick<Loader, "fields" | "batchSize" | "varying">;
  readonly groups: ParameterGroups;
  readonly tap: StepGraphOptions["tap"];
}

/**
 * The frozen part of a task's model; undefined if `train.cache_frozen` is off.
 *
 * @throws UserError (exit code 2) if there is nothing to keep
 */
export function findFrozen(
  { train }: Pick<TrainConfig, "train">,
  { task, loader, groups, tap }: FindFrozenOptions,
): FrozenPart | undefined {
  if (train.cacheFrozen === false) return undefined;
  const { fields, batchSize, varying } = loader;
  return findFrozenPart(task.objective, {
    training: batchSpec(fields, batchSize),
    evaluation: batchSpec(fields, batch()),
    trains: (spec) => groups.trains(spec) || groups.lora?.changes(spec.name) === true,
    isConstant: (name) => name in fields && !varying.includes(name),
    accumulates: train.accumulationSteps > 1,
    ...(tap && { tap }),
  });
}

export interface CacheFrozenOptions
  extends Pick<FrozenFeaturesOptions, "runtime" | "session" | "weights"> {
  readonly progress: ProgressSink;
}

/** The cache of a frozen part, in use. */
export interface FrozenCache extends Omit<FrozenFeatures, "dispose"> {
  close(): Promise<void>;
}

/** Opens the cache of a frozen part. Its files are read when the first features are needed. */
export async function cacheFrozen(
  part: FrozenPart,
  { train, runtime: { provider } }: Pick<TrainConfig, "train" | "runtime">,
  { progress, ...options }: CacheFrozenOptions,
): Promise<FrozenCache> {
  const { folder = join(cacheRoot(), "features"), maxGigabytes = CACHE_GIGABYTES } =
    typeof train.cacheFrozen === "object" ? train.cacheFrozen : {};
  const sampleBytes = part.features.reduce(
    (sum, { dtype, shape }) => sum + elementCount(shape) * bytesPerElement(dtype),
    0,
  );
  const used = part.model.inputs.filter(({ role }) => role === "parameter").length;
  const shapes = part.features.map(({ place, shape }) => `${place} [${shape.join(", ")}]`);
  progress.note(
    `frozen part: ${used} of ${part.numFrozen} frozen parameters, up to ${shapes.join(", ")}; ${formatBytes(sampleBytes)} a sample are kept in ${folder}`,
  );
  const opened = new Map<string, FeatureFiles>();
  let computed = 0;
  let shown = performance.now();
  const features = await createFrozenFeatures(part, {
    ...options,
    async open(model, weights) {
      const digest = digestOf(model, weights, provider);
      const known = opened.get(digest);
      if (known !== undefined) return known;
      const name = cacheName(digest);
      const path = join(folder, name);
      const files = await openFeatureFiles(path, {
        sampleBytes,
        makeRoom: (bytes) => makeRoom(folder, name, bytes, maxGigabytes * 1e9),
        note: progress.note,
      }).catch((cause: unknown) => {
        const error = explainDiskError(cause, `while opening ${path}`);
        if (!(error instanceof UserError)) throw error;
        progress.note(
          `${error.message}; features of frozen layers are computed each time (train.cache_frozen.folder names another folder)`,
        );
        return noFeatureFiles;
      });
      await touch(path);
      opened.set(digest, files);
      return files;
    },
    onComputed() {
      computed += 1;
      if (performance.now() - shown < SHOWN_EVERY) return;
      shown = performance.now();
      progress.update({ label: "sample of the frozen part", done: computed });
    },
  });
  return {
    givenFor: features.givenFor,
    withFeatures: features.withFeatures,
    refresh: features.refresh,
    async close() {
      features.dispose();
      if (computed > 0) progress.note(`frozen part: features of ${computed} samples were computed`);
      for (const files of opened.values()) await files.close();
    },
  };
}

/** Milliseconds between two updates of the progress: most steps compute the features of few samples. */
const SHOWN_EVERY = 5000;

/** A digest of everything that features depend on, except for the sample. */
function digestOf(model: Uint8Array, weights: readonly NdArray[], provider: string): string {
  const { onnxruntime, platform } = versions();
  const machine = [onnxruntime, platform, provider, cpus()[0]?.model];
  const hash = createHash("sha256").update(JSON.stringify(machine)).update(model);
  for (const { data } of weights) {
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest("hex");
}
