/** Parts of a model that start from weights of their own, seen as the encoders that they are. */
import type { NdArray } from "../../graph/array.ts";
import { usageError } from "../../graph/errors.ts";
import { systemOf } from "../../models/systems.ts";
import type { Tensors } from "../../moe/surgery/layout.ts";

/** The model that is initialised: its settings, and its parameters and states. */
export interface InitTarget {
  readonly settings: { readonly system: string };
  readonly tensors: Tensors;
}

/** The parameters that a source fills, under the names of the encoder that they belong to. */
export interface FilledPart {
  /** Settings of the encoder. */
  readonly settings: object;
  readonly tensors: Tensors;
  /** The name of a parameter in the model. */
  nameOf(name: string): string;
}

/** All parameters, under their own names. */
export function wholeModel({ settings, tensors }: InitTarget): FilledPart {
  return { settings, tensors, nameOf: (name) => name };
}

/**
 * The parameters of a part under the names of its encoder.
 *
 * @throws UserError (exit code 2) if the model has no such part
 */
export function partOf({ settings, tensors }: InitTarget, part: string): FilledPart {
  const parts = systemOf(settings).parts?.(settings) ?? {};
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
  return { settings: found.settings(settings), tensors: own, nameOf };
}
