/**
 * The taps that output a layer's routing from a graph. Only this file writes and reads their names.
 *
 * Axes: `N` tokens, `K` choices, `E` experts. Every kind of routing is tapped as the experts of each
 * token, see `tokenView`.
 */
import { defined } from "../graph/defined.ts";
import type { Tensor } from "../graph/graph.ts";
import type { Scope } from "../nn/scope.ts";

/** Name of the tap of each part, below the path of its layer. */
const names = {
  ids: "ids",
  combineWeights: "combine_weights",
  probabilities: "probabilities",
  dispatchWeights: "dispatch_weights",
  positions: "positions",
  successRate: "success_rate",
  counts: "counts",
  attempted: "attempted",
  mask: "token_mask",
} as const;

type TapPart = keyof typeof names;

/** Parts of a layer's routing; `modalities` has a tap for each modality. */
export type RoutingPart = TapPart | "modalities";

/** The routing of one layer, as tensors of a graph or as arrays from a session. */
export interface RoutingValues<Value> {
  /** Chosen experts after dropping, best first, `[K, N]` int64; `E` means "no expert". */
  readonly ids: Value;
  /** Weights of the chosen experts in the output, `[K, N]`. */
  readonly combineWeights?: Value;
  /** Probability of every expert for every token, `[N, E]`. */
  readonly probabilities?: Value;
  /** Weights of the tokens in each slot, `[G, S, E*P]`; soft routing only. */
  readonly dispatchWeights?: Value;
  /** Position of each assignment in its expert's buffer, `[K, N]`; with a capacity only. */
  readonly positions?: Value;
  /** Accepted fraction (0-1) of the attempted assignments, scalar; present if tokens can be dropped. */
  readonly successRate?: Value;
  /** Tokens of each expert, `[E]`. */
  readonly counts?: Value;
  /** Number of experts that each token requested, `[N]`; one if experts choose. */
  readonly attempted?: Value;
  /** Unmasked tokens, `[N]` bool; absent if all count. */
  readonly mask?: Value;
  /** Tokens of each modality, `[N]` bool each. */
  readonly modalities?: Readonly<Record<string, Value>>;
}

/** The router's decision for each token. */
export const tokenParts = ["ids", "combineWeights", "probabilities"] as const;

/** Parts that routing statistics need. */
export const statisticsParts = [
  "ids",
  "probabilities",
  "attempted",
  "mask",
  "modalities",
] as const satisfies readonly RoutingPart[];

/** Parts that an evaluation reads: statistics and the decision for each token. */
const evaluationParts: readonly RoutingPart[] = [...statisticsParts, "combineWeights"];

/** Taps the routing of the layer at `scope`: `<layer>.ids` and so on. */
export function tapRouting(scope: Scope, routing: RoutingValues<Tensor>): void {
  const { modalities = {}, ...parts } = routing;
  for (const [part, tensor] of Object.entries(defined(parts))) {
    scope.tap(names[part as TapPart], tensor);
  }
  for (const [modality, tokens] of Object.entries(modalities)) {
    scope.tap(`modalities.${modality}`, tokens);
  }
}

/** The name of a tap, such as `blocks.1.moe.combine_weights`. */
export function routingTap(layer: string, part: TapPart): string {
  return `${layer}.${names[part]}`;
}

/**
 * Whether a tap holds one of these parts of a layer's routing.
 *
 * @param parts default: all parts that an evaluation reads, `statisticsParts` and `tokenParts`
 * @example
 * isRoutingTap("blocks.1.moe.combine_weights") // true
 * isRoutingTap("blocks.1.moe.combine_weights", statisticsParts) // false
 */
export function isRoutingTap(
  name: string,
  parts: readonly RoutingPart[] = evaluationParts,
): boolean {
  return parts.some((part) =>
    part === "modalities" ? /\.modalities\.[^.]+$/.test(name) : name.endsWith(`.${names[part]}`),
  );
}

/** Names of the layers with routing, in the order of their taps. */
export function layersOf(taps: Iterable<string>): string[] {
  const ending = routingTap("", "ids");
  return Array.from(taps)
    .filter((name) => name.endsWith(ending))
    .map((name) => name.slice(0, -ending.length));
}

/** Routing whose given parts are present. */
export type RoutingWith<Value, Part extends RoutingPart> = RoutingValues<Value> &
  Required<Pick<RoutingValues<Value>, Part>>;

/**
 * Reads the routing of one layer from tap values by name.
 *
 * @param required parts that must be present besides `ids`
 * @throws RangeError if a required part is missing
 * @example
 * const { ids, combineWeights } = readRouting(outputs, "blocks.1.moe", "combineWeights");
 */
export function readRouting<Value, Part extends RoutingPart = never>(
  values: Readonly<Record<string, Value>>,
  layer: string,
  ...required: readonly Part[]
): RoutingWith<Value, Part> {
  const parts = Object.keys(names) as TapPart[];
  const found = Object.fromEntries(parts.map((part) => [part, values[routingTap(layer, part)]]));
  const start = `${layer}.modalities.`;
  const modalities = Object.entries(values)
    .filter(([name]) => name.startsWith(start))
    .map(([name, value]) => [name.slice(start.length), value] as const);
  const routing = { ...defined(found), modalities: Object.fromEntries(modalities) };
  const missing = ["ids" as const, ...required].find((part) => !(part in routing));
  if (missing !== undefined) {
    throw new RangeError(`the values lack ${missing} of ${layer}`);
  }
  return routing as unknown as RoutingWith<Value, Part>;
}
