/** The auxiliary losses by name; plug-ins add theirs to `auxiliaryLosses`. */
import type * as z from "zod";
import type { CamelCased } from "../../config/case.ts";
import { createRegistry, registrySchema } from "../../config/registry.ts";
import type { Tensor } from "../../graph/graph.ts";
import type { Routing } from "../routing.ts";
import { balance, huggingFaceBalance } from "./balance.ts";
import type { LossDefinition, LossInputs, LossOptions } from "./define.ts";
import { meanSquareBalance } from "./diff-moe.ts";
import { globalEntropy, localEntropy, topPEntropy } from "./entropy.ts";
import { importance } from "./importance.ts";
import { klFromUniform, klToUniform } from "./kl.ts";
import { load, loadExcludingSelf } from "./load.ts";
import { sequenceBalance } from "./sequence-balance.ts";
import { zLossDefinition } from "./z-loss.ts";

const builtIn = [
  balance,
  huggingFaceBalance,
  sequenceBalance,
  importance,
  load,
  loadExcludingSelf,
  meanSquareBalance,
  klToUniform,
  klFromUniform,
  globalEntropy,
  localEntropy,
  topPEntropy,
  zLossDefinition,
] as const;

type BuiltIn = (typeof builtIn)[number];
type Schema = BuiltIn["schema"];

/** Name of a built-in auxiliary loss. */
export type AuxiliaryLossName = BuiltIn["name"];

/** One entry of a layer's `losses` in the form of recipes. */
export type LossInput = z.input<Schema>;

/** One entry of a layer's `losses` with all defaults, camelCase. */
export type LossSettings = CamelCased<z.output<Schema>>;

type OptionsOf<Of> = Of extends z.ZodType ? LossOptions<Of> : never;

/** Options of losses; each loss reads its own. */
export type AuxiliaryLossOptions = LossInputs | OptionsOf<Schema>;

/**
 * Every auxiliary loss.
 *
 * @example
 * auxiliaryLosses.get("balance").needs // ["choices"]
 */
export const auxiliaryLosses = createRegistry<LossDefinition>("loss", builtIn);

/** One entry of `losses`. Types list only the built-in ones; added ones are accepted too. */
export const lossSchema: z.ZodType<z.output<Schema>, LossInput> = registrySchema(
  auxiliaryLosses,
) as never;

/**
 * The loss with this name for a routing, or undefined if it needs noise and the routing has none, as in
 * evaluation.
 *
 * @throws UserError (exit code 2) for an unknown name
 */
export function auxiliaryLoss(
  name: string,
  routing: Routing,
  options: AuxiliaryLossOptions = {},
): Tensor | undefined {
  const { needs, compute } = auxiliaryLosses.get(name);
  const silent = needs.includes("noise") && routing.noisyLogits === undefined;
  return silent ? undefined : compute(routing, options);
}
