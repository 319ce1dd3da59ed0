/** The parts of a model, by the names of their parameters. */

export const parameterParts = [
  "embeddings",
  "attention",
  "dense layers",
  "experts",
  "routers",
  "heads",
  "norms and others",
] as const;

export type ParameterPart = (typeof parameterParts)[number];

/** Patterns of dotted names; the first match applies. */
const patterns: readonly (readonly [RegExp, ParameterPart])[] = [
  [/(^|\.)(\w*embed|\w*embedding|\w*token|stem|text_proj)(\.|$)/, "embeddings"],
  [/(^|\.)(attn|fusion)\./, "attention"],
  [/(^|\.)(\w+_)?experts?\./, "experts"],
  [/(^|\.)(mlp|projector)\./, "dense layers"],
  [/(^|\.)(router|gate)\./, "routers"],
  [/(^|\.)(\w+_)?head\.|_to_shared\.|(^|\.)logit_(scale|bias)$/, "heads"],
];

/**
 * The part of the model that a parameter belongs to.
 *
 * @example
 * parameterPart("blocks.1.moe.experts.7.fc1.weight") // "experts"
 */
export function parameterPart(name: string): ParameterPart {
  return patterns.find(([pattern]) => pattern.test(name))?.[1] ?? "norms and others";
}
