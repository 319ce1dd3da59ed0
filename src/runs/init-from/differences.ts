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
  ...[
    "causal",
    "padId",
    "multipliers",
    "tieEmbeddings",
    "moe.experts.kind",
    "moe.experts.activation",
  ],
] as const;

/** Keys of encoders whose features are projected by stored weights. */
const PROJECTION = ["pool", "projection"];

/** What settings mean that lack a key. */
const ABSENT: Readonly<Record<string, unknown>> = { causal: false, padId: null };

/** Keys that count only if the checkpoint has experts. */
const ROUTING = ["moe.router.name", "moe.router.normalization", "moe.router.numSelectedExperts"];

interface Comparison {
  /** The place of a key in the settings of the model. Default: the same. */
  readonly placeOf?: (key: string) => string;
  /** Whether the weights of the projection to a shared space come from the checkpoint too. Default false. */
  readonly projected?: boolean;
}

/**
 * Sentences on settings that both have and that differ.
 *
 * @param stored settings with which the checkpoint computes
 * @param wanted settings of the model, or of the part of it
 */
export function differences(
  stored: object,
  wanted: object,
  { placeOf = (key) => key, projected = false }: Comparison = {},
): string[] {
  const sparse = "moeLayers" in stored && stored.moeLayers !== "none";
  const keys = [...KEYS, ...(sparse ? ROUTING : []), ...(projected ? PROJECTION : [])];
  return keys.flatMap((key) => {
    const [theirs, ours] = [valueAt(stored, key), valueAt(wanted, key)];
    if (theirs === undefined || ours === undefined || isDeepStrictEqual(theirs, ours)) return [];
    const name = key.split(".").map(snakeCase).join(".");
    return [`model.${placeOf(name)} is ${shown(ours)}, but the checkpoint needs ${shown(theirs)}`];
  });
}

function valueAt(settings: object, key: string): unknown {
  const found = key
    .split(".")
    .reduce<unknown>(
      (value, name) => (value as Record<string, unknown> | undefined)?.[name],
      settings,
    );
  return found === undefined ? ABSENT[key] : found;
}

function shown(value: unknown): string {
  if (value === null) return "none";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
