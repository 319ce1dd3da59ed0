/** Reads a source of initial weights: a checkpoint, or several whose experts and mean a model takes. */
import { allocate, type NdArray } from "../../graph/array.ts";
import { usageError } from "../../graph/errors.ts";
import type { InitSource } from "../../recipe/init-from/init-from-config.ts";
import { upcyclingOf } from "../../recipe/init-from/upcycle-config.ts";
import type { FilledPart } from "./model-parts.ts";
import { describe } from "./report.ts";
import { readStoredWeights, type StoredWeights } from "./stored-weights.ts";

/** Stored tensors under their names in the model. */
export interface NamedWeights extends Omit<StoredWeights, "encoder"> {
  /** Key in the recipe, for messages. */
  readonly at: string;
  /** Tensors of checkpoints that belong to no part of the model that is filled. */
  readonly leftOut: readonly string[];
  /** The models of folders as on the Hugging Face hub that were read. */
  readonly encoders: readonly NonNullable<StoredWeights["encoder"]>[];
}

export interface ReadSource extends NamedWeights {
  /** Dense models that the experts come from in turn; empty if they come from the weights themselves. */
  readonly experts: readonly NamedWeights[];
}

/**
 * Reads the weights of a source; without a path, they are the mean of the sources of its experts
 * (Branch-Train-MiX, arXiv:2403.07816).
 *
 * @param key of the source in the recipe
 * @param target the parameters that are filled
 * @param isChosen whether a parameter is filled
 * @throws UserError (exit code 2) if a checkpoint cannot be read, or sources do not have the same tensors
 */
export async function readSource(
  settings: InitSource,
  key: string,
  target: FilledPart,
  isChosen: (name: string) => boolean,
): Promise<ReadSource> {
  const experts: NamedWeights[] = [];
  for (const path of upcyclingOf(settings.upcycle)?.sources ?? []) {
    experts.push(await readNamed(path, `${key}.upcycle.sources`, settings, target));
  }
  if (settings.path === undefined) return { ...meanOf(experts, isChosen), experts };
  const own = await readNamed(settings.path, `${key}.path`, settings, target);
  const encoders = [own, ...experts].flatMap((each) => each.encoders);
  return { ...own, encoders, experts };
}

async function readNamed(
  path: string,
  at: string,
  settings: InitSource,
  target: FilledPart,
): Promise<NamedWeights> {
  const { encoder, ...read } = await readStoredWeights(path, at);
  const chosen = encoder && target.choose(read.tensors, encoder.settings);
  return {
    ...{ path: read.path, at },
    tensors: renamed(chosen?.tensors ?? read.tensors, settings, read.path),
    unreadable: renamed(read.unreadable, settings, read.path),
    leftOut: [...(encoder?.leftOut ?? []), ...(chosen?.others ?? [])],
    encoders: encoder ? [encoder] : [],
  };
}

/** Stored tensors under their names in the model. */
function renamed<Value>(
  stored: ReadonlyMap<string, Value>,
  { rename }: InitSource,
  path: string,
): ReadonlyMap<string, Value> {
  const result = new Map<string, Value>();
  for (const [name, tensor] of stored) {
    const rule = rename.find(({ from }) => name.startsWith(from));
    const own = rule === undefined ? name : rule.to + name.slice(rule.from.length);
    if (result.has(own)) {
      throw usageError(`init_from.rename maps two tensors of ${path} to ${own}`);
    }
    result.set(own, tensor);
  }
  return result;
}

/** The mean of several models with the same tensors. */
function meanOf(
  sources: readonly NamedWeights[],
  isChosen: (name: string) => boolean,
): NamedWeights {
  const [first] = sources as [NamedWeights];
  const tensors = new Map<string, NdArray>();
  for (const name of new Set(sources.flatMap((source) => [...source.tensors.keys()]))) {
    if (!isChosen(name)) continue;
    tensors.set(name, meanTensor(name, sources));
  }
  return {
    path: `${sources.map(({ path }) => path).join(", ")}, averaged`,
    at: first.at,
    tensors,
    unreadable: new Map(sources.flatMap(({ unreadable }) => [...unreadable])),
    leftOut: sources.flatMap(({ leftOut }) => leftOut),
    encoders: sources.flatMap(({ encoders }) => encoders),
  };
}

function meanTensor(name: string, sources: readonly NamedWeights[]): NdArray {
  const [first, ...others] = sources as [NamedWeights, ...NamedWeights[]];
  const shown = ({ tensors }: NamedWeights): string => {
    const tensor = tensors.get(name);
    return tensor === undefined ? "missing" : describe(tensor);
  };
  const other = others.find((source) => shown(source) !== shown(first));
  if (other !== undefined) {
    throw usageError(
      `${first.at}: tensor "${name}" is ${shown(first)} in ${first.path} and ${shown(other)} in ${other.path}, so there is no mean; exclude it, or name a path for everything but the experts`,
    );
  }
  const arrays = sources.map(({ tensors }) => tensors.get(name)!);
  const [{ shape, dtype }] = arrays as [NdArray];
  if (dtype !== "float32") return arrays[0]!;
  const mean = allocate("float32", shape);
  for (let i = 0; i < mean.data.length; i++) {
    let sum = 0;
    for (const { data } of arrays) sum += data[i] as number;
    mean.data[i] = sum / arrays.length;
  }
  return mean;
}
