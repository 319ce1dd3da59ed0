/** Fine-tuning with low-rank adapters (LoRA, arXiv:2106.09685). */
import { usageError } from "../../graph/errors.ts";
import { adaptedLayer } from "../../nn/adapter.ts";
import type { Adapter } from "../../nn/scope.ts";
import { matchesPattern } from "../name-pattern.ts";

/** Which layers adapters change and which parameters train beside them; names as in PEFT. */
export interface LoraSettings {
  /** `r`, the rank of the change of a weight. Default 8. */
  readonly rank?: number;
  /** The change is `(alpha / rank) B A`. Default 16. */
  readonly alpha?: number;
  /** Linear layers to adapt, by name or pattern: `*.attn.*`. */
  readonly targets: readonly string[];
  /** Parameters that train as a whole, by name or pattern. Default: heads, `*head.*`. */
  readonly trained?: readonly string[] | undefined;
}

/** Defaults of the settings. */
export const LORA = { rank: 8, alpha: 16, trained: ["*head.*"] } as const;

/** The settings as answers about single layers and parameters. */
export interface Lora {
  readonly alpha: number;
  /** The adapter of a linear layer; none if its weight trains as a whole. */
  adapterOf(layer: string): Adapter | undefined;
  /** Whether a parameter belongs to an adapter or trains as a whole. */
  trains(parameter: string): boolean;
  /** Whether a parameter trains, or evaluation reads it with an adapter merged into it. */
  changes(parameter: string): boolean;
  /**
   * @param layers the linear layers of the model
   * @throws UserError (exit code 2) if a pattern matches no layer or no parameter
   */
  check(layers: Iterable<string>, parameters: readonly string[]): void;
}

/**
 * The adapters of settings.
 *
 * @param at name of the settings in errors
 *
 * @example
 * const lora = createLora({ rank: 4, targets: ["*.attn.*"] });
 * lora.adapterOf("blocks.0.attn.qkv"); // { rank: 4, scale: 4 }
 * lora.trains("head.weight"); // true
 * lora.trains("blocks.0.attn.qkv.weight"); // false
 */
export function createLora(settings: LoraSettings, at = "lora"): Lora {
  const { rank = LORA.rank, alpha = LORA.alpha, targets, trained = LORA.trained } = settings;
  const matches = (patterns: readonly string[], name: string): boolean =>
    patterns.some((pattern) => matchesPattern(pattern, name));
  const trainsWhole = (parameter: string): boolean => matches(trained, parameter);
  const trains = (parameter: string): boolean =>
    adaptedLayer(parameter) !== undefined || trainsWhole(parameter);
  return {
    alpha,
    adapterOf(layer) {
      const weight = layer === "" ? "weight" : `${layer}.weight`;
      if (!matches(targets, layer) || trainsWhole(weight)) return undefined;
      return { rank, scale: alpha / rank };
    },
    trains,
    changes: (parameter) =>
      trains(parameter) || matches(targets, parameter.replace(/(^|\.)weight$/, "")),
    check(layers, parameters) {
      const own = parameters.filter((name) => adaptedLayer(name) === undefined);
      requireMatches(`${at}.targets`, "linear layer", targets, [...layers]);
      if (settings.trained !== undefined)
        requireMatches(`${at}.trained`, "parameter", trained, own);
    },
  };
}

function requireMatches(
  at: string,
  kind: string,
  patterns: readonly string[],
  names: readonly string[],
): void {
  const unknown = patterns.find((pattern) => !names.some((name) => matchesPattern(pattern, name)));
  if (unknown === undefined) return;
  const known = names.length === 0 ? "there are none" : `they are like ${some(names)}`;
  throw usageError(`${at}: no ${kind} is called ${unknown}; ${known}`);
}

/** Names that differ in more than their numbers, at most four. */
function some(names: readonly string[]): string {
  const kinds = new Map<string, string>();
  for (const name of names) {
    const kind = name.replace(/\d+/g, "0");
    if (!kinds.has(kind)) kinds.set(kind, name);
  }
  return [...kinds.values()].slice(0, 4).join(", ");
}
