/** A training state as the files of a checkpoint, and back. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { decodeSafetensors, encodeSafetensors } from "../formats/safetensors.ts";
import type { NdArray } from "../graph/array.ts";
import { UserError } from "../graph/errors.ts";
import { BUFFERS } from "../learn/arena-optimizer.ts";
import type { UpdateStep } from "../learn/train-step.ts";
import type { FileContent } from "./files.ts";

/** What a checkpoint keeps beside tensors. */
export interface Progress {
  /** Updates done. */
  readonly step: number;
  readonly bestScore: number | null;
  readonly bestStep: number;
  /** Validations since the best one. */
  readonly withoutImprovement: number;
  /** Seconds of training so far. */
  readonly seconds: number;
}

const progressSchema = z.object({
  step: z.int().nonnegative(),
  bestScore: z.number().nullable(),
  bestStep: z.int(),
  withoutImprovement: z.int().nonnegative(),
  seconds: z.number().nonnegative(),
});

const MODEL = "model.safetensors";
const OPTIMIZER = "optimizer.safetensors";
const EMA = "ema.safetensors";
const PROGRESS = "progress.json";

/** The files of a checkpoint: parameters and states, moments, averaged weights, progress. */
export function stateFiles(
  step: UpdateStep,
  moments: readonly string[],
  progress: Progress,
): Record<string, FileContent> {
  const { arena, states } = step;
  const tensorsOf = (buffer: string, prefix = ""): [string, NdArray][] =>
    arena.names.map((name) => [prefix + name, arena.view(buffer, name)]);
  const files: Record<string, FileContent> = {
    [MODEL]: encodeSafetensors(new Map([...tensorsOf(BUFFERS.parameters), ...states])),
    [OPTIMIZER]: encodeSafetensors(new Map(moments.flatMap((m) => tensorsOf(m, `${m}/`)))),
    [PROGRESS]: JSON.stringify(progress),
  };
  if (arena.buffers.includes(BUFFERS.ema)) {
    files[EMA] = encodeSafetensors(new Map(tensorsOf(BUFFERS.ema)));
  }
  return files;
}

/**
 * Reads a checkpoint into a training step.
 *
 * @throws UserError where it belongs to another model, naming the first tensor that differs
 */
export async function restoreState(
  path: string,
  step: UpdateStep,
  moments: readonly string[],
): Promise<Progress> {
  const { arena, states } = step;
  const targets = (buffer: string, prefix = ""): [string, NdArray][] =>
    arena.names.map((name) => [prefix + name, arena.view(buffer, name)]);
  await restoreTensors(join(path, MODEL), [...targets(BUFFERS.parameters), ...states]);
  await restoreTensors(
    join(path, OPTIMIZER),
    moments.flatMap((m) => targets(m, `${m}/`)),
  );
  if (arena.buffers.includes(BUFFERS.ema)) {
    await restoreTensors(join(path, EMA), targets(BUFFERS.ema));
  }
  return readProgress(join(path, PROGRESS));
}

/** The tensors of a checkpoint, by name. */
export interface StoredState {
  /** Parameters and states. */
  readonly model: ReadonlyMap<string, NdArray>;
  /** Moments of the optimizer, as `<moment>/<parameter>`. */
  readonly optimizer: ReadonlyMap<string, NdArray>;
  /** Averaged parameters, where they are kept. */
  readonly ema?: ReadonlyMap<string, NdArray>;
}

/** Reads all tensors of a checkpoint. */
export async function readState(path: string, averaged: boolean): Promise<StoredState> {
  return {
    model: await readTensors(join(path, MODEL)),
    optimizer: await readTensors(join(path, OPTIMIZER)),
    ...(averaged && { ema: await readTensors(join(path, EMA)) }),
  };
}

/**
 * Puts tensors into a training step.
 *
 * @param source what to call them in errors
 * @throws UserError where they do not fit the model, naming the first tensor that differs
 */
export function fillState(
  { model, optimizer, ema }: StoredState,
  { arena, states }: UpdateStep,
  moments: readonly string[],
  source: string,
): void {
  const targets = (buffer: string, prefix = ""): [string, NdArray][] =>
    arena.names.map((name) => [prefix + name, arena.view(buffer, name)]);
  copyTensors(source, model, [...targets(BUFFERS.parameters), ...states]);
  copyTensors(
    source,
    optimizer,
    moments.flatMap((m) => targets(m, `${m}/`)),
  );
  if (ema !== undefined) copyTensors(source, ema, targets(BUFFERS.ema));
}

/** Reads only the weights that evaluation uses: the averaged ones where they are kept. */
export async function readWeights(path: string, averaged: boolean): Promise<Map<string, NdArray>> {
  const stored = await readTensors(join(path, MODEL));
  const averages = averaged ? await readTensors(join(path, EMA)) : [];
  return new Map([...stored, ...averages]);
}

/** Reads the weights that evaluation uses into the memory of a model. */
export async function restoreWeights(
  path: string,
  targets: readonly (readonly [string, NdArray])[],
  averaged: boolean,
): Promise<void> {
  copyTensors(path, await readWeights(path, averaged), targets);
}

async function restoreTensors(
  path: string,
  targets: readonly (readonly [string, NdArray])[],
): Promise<void> {
  copyTensors(path, await readTensors(path), targets);
}

async function readTensors(path: string): Promise<Map<string, NdArray>> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new UserError(`cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
  try {
    return new Map(decodeSafetensors(bytes).tensors);
  } catch (cause) {
    throw new UserError(`${path} is damaged: ${(cause as Error).message}`, { cause });
  }
}

function copyTensors(
  path: string,
  stored: ReadonlyMap<string, NdArray>,
  targets: readonly (readonly [string, NdArray])[],
): void {
  const advice = "use the configuration that the run was trained with";
  for (const [name, target] of targets) {
    const source = stored.get(name);
    if (source === undefined) {
      throw new UserError(`${path} is of another model: it has no tensor ${name}; ${advice}`);
    }
    if (source.dtype !== target.dtype || String(source.shape) !== String(target.shape)) {
      throw new UserError(
        `${path} is of another model: ${name} is ${source.dtype} [${source.shape.join(", ")}] there and ${target.dtype} [${target.shape.join(", ")}] here; ${advice}`,
      );
    }
    target.data.set(source.data as never);
  }
  const known = new Set(targets.map(([name]) => name));
  const extra = [...stored.keys()].find((name) => !known.has(name));
  if (extra !== undefined) {
    throw new UserError(`${path} is of another model: nothing here is called ${extra}; ${advice}`);
  }
}

async function readProgress(path: string): Promise<Progress> {
  try {
    return progressSchema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch (cause) {
    throw new UserError(`${path} is damaged: it does not hold the progress of a run`, { cause });
  }
}
