/** Settings that shapes do not show, and with which weights compute something else. */
import { isDeepStrictEqual } from "node:util";
import { snakeCase } from "../../config/case.ts";

/** Keys of settings, dotted. */
const KEYS = [
  ...[
    "numHeads",
    "numKeyValueHeads",
    "norm",
    "embeddingNorm",
    "normEpsilon",
    "rotary",
    "attention",
  ],
  ...["multipliers", "tieEmbeddings", "moe.experts.kind", "moe.experts.activation"],
] as const;

/** Keys that count only if the checkpoint has experts. */
const ROUTING = ["moe.router.name", "moe.router.normalization", "moe.router.numSelectedExperts"];

/**
 * Sentences on settings that both have and that differ.
 *
 * @param stored settings with which the checkpoint computes
 * @param wanted settings of the model, or of the part of it
 */
export function differences(stored: object, wanted: object): string[] {
  const sparse = "moeLayers" in stored && stored.moeLayers !== "none";
  return [...KEYS, ...(sparse ? ROUTING : [])].flatMap((key) => {
    const [theirs, ours] = [valueAt(stored, key), valueAt(wanted, key)];
    if (theirs === undefined || ours === undefined || isDeepStrictEqual(theirs, ours)) return [];
    const name = key.split(".").map(snakeCase).join(".");
    return [`model.${name} is ${shown(ours)}, but the checkpoint needs ${shown(theirs)}`];
  });
}

function valueAt(settings: object, key: string): unknown {
  return key
    .split(".")
    .reduce<unknown>(
      (value, name) => (value as Record<string, unknown> | undefined)?.[name],
      settings,
    );
}

function shown(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
