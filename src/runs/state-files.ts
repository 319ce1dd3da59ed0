/** Writes and reads the training state in checkpoints. */
import { join } from "node:path";
import * as z from "zod";
import { notFinite } from "../formats/finite.ts";
import { encodeSafetensors } from "../formats/safetensors.ts";
import type { NdArray } from "../graph/array.ts";
import { defined } from "../graph/defined.ts";
import { UserError } from "../graph/errors.ts";
import {
  adapterMetadata,
  mergeStoredAdapters,
  requireAlpha,
} from "../learn/lora/merge-adapters.ts";
import type { UpdateStep } from "../learn/train-step.ts";
import { adaptedLayer } from "../nn/adapter.ts";
import { BUFFERS } from "../runtime/arena.ts";
import type { WatchState } from "../tasks/diagnostics/watch.ts";
import { readCheckpointTensors, readCheckpointText } from "./checkpoints/checkpoint-files.ts";
import { damagedFileError } from "./checkpoints/verify-checkpoint.ts";
import type { FileContent } from "./files.ts";

/** The progress stored in a checkpoint. */
export interface Progress {
  /** Number of completed updates. */
  readonly step: number;
  readonly bestScore: number | null;
  readonly bestStep: number;
  /** Validations since the best score. */
  readonly withoutImprovement: number;
  /** Seconds of training so far. */
  readonly seconds: number;
  /** Absent before warnings were kept, and in runs without warnings. */
  readonly watch?: WatchState | undefined;
  /** Number of updates of the whole training; undefined in older checkpoints. */
  readonly totalSteps?: number | undefined;
  /** The score of the best step by its name; undefined without validation and in older checkpoints. */
  readonly best?: { readonly name: string; readonly value: number } | undefined;
}

/** A number that JSON may hold as null, because it is not finite. */
const measured = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);
const watchSchema = z.object({
  history: z
    .array(
      z.object({
        step: z.int().nonnegative(),
        scalars: z.record(z.string(), measured),
        samples: z.number(),
        repeatedCaptions: z.number(),
      }),
    )
    .max(1000),
  lastHeld: z.record(z.string(), z.int().nonnegative()),
});

const progressSchema = z.object({
  step: z.int().nonnegative(),
  bestScore: z.number().nullable(),
  bestStep: z.int(),
  withoutImprovement: z.int().nonnegative(),
  seconds: z.number().nonnegative(),
  watch: watchSchema.optional(),
  totalSteps: z.int().positive().optional(),
  best: z.object({ name: z.string(), value: z.number() }).optional(),
});

const MODEL = "model.safetensors";
const OPTIMIZER = "optimizer.safetensors";
const EMA = "ema.safetensors";
const PROGRESS = "progress.json";

/** The memory of a training that checkpoints hold. */
type TrainedMemory = Pick<UpdateStep, "arena" | "states" | "optimizer" | "lora">;

/** Tensors in the memory of a training, by their names in the files of a checkpoint. */
interface StateTensors {
  readonly model: readonly (readonly [string, NdArray])[];
  readonly optimizer: readonly (readonly [string, NdArray])[];
  /** Undefined if no average is kept. */
  readonly ema?: readonly (readonly [string, NdArray])[];
  /** Whether a tensor is the moment or average of a frozen parameter, which older checkpoints have. */
  readonly isFrozen: (name: string) => boolean;
}

function stateTensors({ arena, states, optimizer }: TrainedMemory): StateTensors {
  const trained = new Set(arena.trained);
  const frozen = arena.names.filter((name) => !trained.has(name));
  const of = (buffer: string, names: readonly string[], prefix = "") =>
    names.map((name) => [prefix + name, arena.view(buffer, name)] as const);
  const unused = new Set(
    ["", ...optimizer.moments.map((moment) => `${moment}/`)].flatMap((prefix) =>
      frozen.map((name) => prefix + name),
    ),
  );
  return {
    model: [...of(BUFFERS.parameters, arena.names), ...states],
    optimizer: optimizer.moments.flatMap((moment) => of(moment, arena.trained, `${moment}/`)),
    ...(arena.buffers.includes(BUFFERS.ema) && { ema: of(BUFFERS.ema, arena.trained) }),
    isFrozen: (name) => unused.has(name),
  };
}

/** The files of a checkpoint: parameters and states, moments, averaged weights, progress. */
export function stateFiles(step: TrainedMemory, progress: Progress): Record<string, FileContent> {
  const { model, optimizer, ema } = stateTensors(step);
  const metadata = step.lora && adapterMetadata(step.lora.alpha);
  return {
    [MODEL]: encodeSafetensors(new Map(model), metadata),
    [OPTIMIZER]: encodeSafetensors(new Map(optimizer)),
    [PROGRESS]: JSON.stringify(progress),
    ...(ema && { [EMA]: encodeSafetensors(new Map(ema), metadata) }),
  };
}

/**
 * Reads a checkpoint into a training step.
 *
 * @throws UserError if it belongs to another model, with the first tensor that differs
 */
export async function restoreState(path: string, step: TrainedMemory): Promise<Progress> {
  const { model, optimizer, ema, isFrozen } = stateTensors(step);
  const { lora } = step;
  await restoreTensors(join(path, MODEL), model, { lora });
  await restoreTensors(join(path, OPTIMIZER), optimizer, { ignores: isFrozen });
  if (ema !== undefined) await restoreTensors(join(path, EMA), ema, { lora, ignores: isFrozen });
  return readProgress(path);
}

/** Whether all numbers of a training state are finite. */
export function isFiniteState(step: TrainedMemory): boolean {
  const { model, optimizer, ema = [] } = stateTensors(step);
  return [...model, ...optimizer, ...ema].every(([, tensor]) => notFinite(tensor) === undefined);
}

/** The tensors of a checkpoint, by name. */
export interface StoredState {
  /** Parameters and states. */
  readonly model: ReadonlyMap<string, NdArray>;
  /** Moments of the optimizer, as `<moment>/<parameter>`. */
  readonly optimizer: ReadonlyMap<string, NdArray>;
  /** Averaged parameters, if kept. */
  readonly ema?: ReadonlyMap<string, NdArray>;
}

/**
 * Reads all tensors of a checkpoint, adapters merged into the weights of their layers and without moments.
 *
 * @throws UserError if a file cannot be read or is damaged
 */
export async function readState(path: string, averaged: boolean): Promise<StoredState> {
  const [modelFile, averageFile] = [join(path, MODEL), join(path, EMA)];
  const model = await readCheckpointTensors(modelFile);
  const { tensors } = await readCheckpointTensors(join(path, OPTIMIZER));
  const averages = averaged ? await readCheckpointTensors(averageFile) : undefined;
  // First, because adapters merge in place into the weights of the model.
  const ema = averages && mergeStoredAdapters(averages, averageFile, model.tensors);
  return {
    model: mergeStoredAdapters(model, modelFile),
    optimizer: new Map([...tensors].filter(([name]) => !isAdapterMoment(name))),
    ...defined({ ema }),
  };
}

/** `<moment>/<parameter>` of an adapter. */
function isAdapterMoment(name: string): boolean {
  return adaptedLayer(name.slice(name.indexOf("/") + 1)) !== undefined;
}

/**
 * Copies tensors into a training step.
 *
 * @param source name of the source in errors
 * @throws UserError if they do not fit the model, with the first tensor that differs
 */
export function fillState(stored: StoredState, step: TrainedMemory, source: string): void {
  const targets = stateTensors(step);
  copyTensors(source, stored.model, targets.model);
  copyTensors(source, stored.optimizer, targets.optimizer, targets.isFrozen);
  if (stored.ema !== undefined) {
    copyTensors(source, stored.ema, targets.ema ?? [], targets.isFrozen);
  }
}

/**
 * Reads only the weights for evaluation: the averaged ones if kept, adapters merged.
 *
 * @throws UserError if the file cannot be read or is damaged
 */
export async function readWeights(
  path: string,
  averaged: boolean,
): Promise<ReadonlyMap<string, NdArray>> {
  const file = join(path, MODEL);
  const stored = await readCheckpointTensors(file);
  if (averaged) await restoreAverages(path, [...stored.tensors]);
  return mergeStoredAdapters(stored, file);
}

/**
 * Reads the weights for evaluation into the memory of a model, adapters as tensors of their own.
 *
 * @param lora the adapters of the model, if it has any
 * @throws UserError if the file is damaged or belongs to another model
 */
export async function restoreWeights(
  path: string,
  targets: readonly (readonly [string, NdArray])[],
  { averaged, lora }: { readonly averaged: boolean } & Pick<TrainedMemory, "lora">,
): Promise<void> {
  await restoreTensors(join(path, MODEL), targets, { lora });
  if (averaged) await restoreAverages(path, targets);
}

/** Tensors in memory, by name. */
type Targets = readonly (readonly [string, NdArray])[];

interface RestoreOptions extends Pick<TrainedMemory, "lora"> {
  /** Stored tensors that are left out. Default none. */
  readonly ignores?: (name: string) => boolean;
}

async function restoreTensors(
  path: string,
  targets: Targets,
  { lora, ignores }: RestoreOptions,
): Promise<void> {
  const { metadata } = await readCheckpointTensors(path, (stored) => {
    checkFit(path, new Map(stored.map((tensor) => [tensor.name, tensor])), targets, ignores);
    return new Map(targets);
  });
  if (lora !== undefined) requireAlpha(metadata, lora.alpha, path);
}

/** Reads averaged parameters over the last ones; states have no averages. */
async function restoreAverages(path: string, targets: Targets): Promise<void> {
  const file = join(path, EMA);
  await readCheckpointTensors(file, (stored) => {
    const byName = new Map(stored.map((tensor) => [tensor.name, tensor]));
    const averaged = targets.filter(([name]) => byName.has(name));
    checkFit(file, byName, averaged);
    return new Map(averaged);
  });
}

function copyTensors(
  path: string,
  stored: ReadonlyMap<string, NdArray>,
  targets: Targets,
  ignores: (name: string) => boolean = () => false,
): void {
  checkFit(path, stored, targets, ignores);
  for (const [name, target] of targets) target.data.set(stored.get(name)!.data as never);
}

function checkFit(
  path: string,
  stored: ReadonlyMap<string, Pick<NdArray, "dtype" | "shape">>,
  targets: Targets,
  ignores: (name: string) => boolean = () => false,
): void {
  const advice = "use the configuration that the run was trained with";
  for (const [name, target] of targets) {
    const source = stored.get(name);
    if (source === undefined) {
      throw new UserError(`${path} belongs to another model: it has no tensor ${name}; ${advice}`);
    }
    if (source.dtype !== target.dtype || String(source.shape) !== String(target.shape)) {
      throw new UserError(
        `${path} belongs to another model: ${name} is ${source.dtype} [${source.shape.join(", ")}] in the checkpoint and ${target.dtype} [${target.shape.join(", ")}] in this model; ${advice}`,
      );
    }
  }
  const known = new Set(targets.map(([name]) => name));
  const extra = [...stored.keys()].find((name) => !known.has(name) && !ignores(name));
  if (extra !== undefined) {
    throw new UserError(
      `${path} belongs to another model: this model has no tensor ${extra}; ${advice}`,
    );
  }
}

/**
 * Reads the progress stored in a checkpoint.
 *
 * @param checkpoint its folder
 * @throws UserError if the file cannot be read or is damaged
 */
export async function readProgress(checkpoint: string): Promise<Progress> {
  const path = join(checkpoint, PROGRESS);
  const text = await readCheckpointText(path);
  try {
    return progressSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw await damagedFileError(path, "it does not contain the progress of a run", cause);
  }
}
