/** Parts of a model that start from weights of their own, seen as the encoders that they are. */
import type { NdArray } from "../../graph/array.ts";
import { usageError } from "../../graph/errors.ts";
import { systemOf } from "../../models/systems.ts";
import type { Tensors } from "../../moe/surgery/layout.ts";
import { differences } from "./differences.ts";

/** The model that is initialised: its settings, and its parameters and states. */
export interface InitTarget {
  readonly settings: { readonly system: string };
  readonly tensors: Tensors;
}

/** The parameters that a source fills, under the names of the encoder that they belong to. */
export interface FilledPart {
  readonly tensors: Tensors;
  /** The name of a parameter in the model. */
  nameOf(name: string): string;
  /** The tensors of a checkpoint that belong to it, and the names of those that do not. */
  choose(tensors: Tensors, stored: StoredSettings): Chosen;
  /** Sentences on settings that differ from those of a checkpoint. */
  differencesFrom(stored: StoredSettings): string[];
}

/** Settings with which a checkpoint computes. */
type StoredSettings = { readonly system: string };

interface Chosen {
  readonly tensors: Tensors;
  readonly others: readonly string[];
}

/** All parameters, under their own names. */
export function wholeModel({ settings, tensors }: InitTarget): FilledPart {
  return {
    tensors,
    nameOf: (name) => name,
    choose: (stored) => ({ tensors: stored, others: [] }),
    differencesFrom(stored) {
      const [theirs, ours] = [partsOf(stored), partsOf(settings)];
      const common = Object.keys(ours).filter((name) => Object.hasOwn(theirs, name));
      if (common.length === 0) return differences(stored, settings);
      return common.flatMap((name) => {
        const { placeOf, settings: wanted } = ours[name]!;
        const form = { placeOf, projected: true };
        return differences(theirs[name]!.settings(stored), wanted(settings), form);
      });
    },
  };
}

function partsOf(settings: { readonly system: string }) {
  return systemOf(settings).parts?.(settings) ?? {};
}

/**
 * The parameters of a part under the names of its encoder.
 *
 * @throws UserError (exit code 2) if the model has no such part
 */
export function partOf({ settings, tensors }: InitTarget, part: string): FilledPart {
  const parts = partsOf(settings);
  const found = Object.hasOwn(parts, part) ? parts[part] : undefined;
  if (found === undefined) {
    const known = Object.keys(parts).join(", ") || "none; use init_from.path";
    throw usageError(
      `init_from.parts.${part}: the model has no part ${part}; its parts are ${known}`,
    );
  }
  const nameOf = (name: string): string => {
    const rule = found.names.find(([from]) => name.startsWith(from));
    return rule === undefined ? name : rule[1] + name.slice(rule[0].length);
  };
  const encoderName = (own: string): string | undefined =>
    found.names
      .filter(([, to]) => own.startsWith(to))
      .map(([from, to]) => from + own.slice(to.length))
      .find((name) => nameOf(name) === own);
  const own = new Map<string, NdArray>();
  for (const [name, tensor] of tensors) {
    const encoder = encoderName(name);
    if (encoder !== undefined) own.set(encoder, tensor);
  }
  const { placeOf } = found;
  return {
    tensors: own,
    nameOf,
    choose(stored, theirs) {
      if (!Object.hasOwn(partsOf(theirs), part)) return { tensors: stored, others: [] };
      const chosen = partOf({ settings: theirs, tensors: stored }, part);
      const kept = new Set([...chosen.tensors.keys()].map(chosen.nameOf));
      const others = [...stored.keys()].filter((name) => !kept.has(name));
      return { tensors: chosen.tensors, others };
    },
    differencesFrom(stored) {
      const same = partsOf(stored)[part]; // a checkpoint of several encoders, such as CLIP
      return differences(same?.settings(stored) ?? stored, found.settings(settings), { placeOf });
    },
  };
}
