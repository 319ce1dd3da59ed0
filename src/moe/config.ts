/** Settings of a mixture-of-experts layer below `model.moe` in recipes. */
import * as z from "zod";
import { fromSnakeCase } from "../config/case.ts";
import { renameKeys } from "../config/renamed-keys.ts";
import { usageError } from "../graph/errors.ts";
import { checkMoe } from "./check.ts";
import { defaultDispatcher, supports } from "./compatibility.ts";
import { type DispatchInput, dispatchSchema } from "./dispatch/config.ts";
import { expertsSchema } from "./experts-config.ts";
import { type LossInput, lossSchema } from "./losses/index.ts";
import { type RouterInput, routerSchema } from "./routers/index.ts";
import type { MoeSettings } from "./settings.ts";

const penalty = z.number().nonnegative().default(0);

/** Defaults of a layer's settings. */
export interface MoeDefaults {
  readonly num_experts?: number;
  readonly router?: RouterInput;
  readonly dispatch?: DispatchInput;
  readonly experts?: z.input<typeof expertsSchema>;
  readonly losses?: readonly LossInput[];
}

/**
 * Router, dispatcher, experts and losses of a layer, with the defaults of the system around it.
 * Incompatible settings are refused with the reason; the default of `dispatch` depends on the
 * router.
 */
export function moeSchemaWith(defaults: MoeDefaults) {
  const { num_experts: numExperts = 8, router = { name: "softmax_top_k" } } = defaults;
  const { dispatch: usual, experts = {}, losses = [] } = defaults;
  return z
    .strictObject({
      num_experts: z
        .int()
        .positive()
        .max(4096)
        .default(numExperts)
        .describe("Number of experts of a layer."),
      router: routerSchema.prefault(router).describe("How tokens choose experts."),
      dispatch: dispatchSchema
        .optional()
        .describe(
          "How tokens reach the experts and what limits them; the default depends on the router.",
        ),
      experts: expertsSchema.prefault(experts).describe("Architecture of the experts."),
      losses: z
        .array(lossSchema)
        .max(32)
        .prefault([...losses])
        .describe("Auxiliary losses of the router, such as load balance."),
      router_penalty: z
        .strictObject({
          l1: penalty.describe("Factor of the L1 norm."),
          l2: penalty.describe("Factor of the squared L2 norm."),
        })
        .prefault({})
        .describe("L1 and L2 factors of the router's weights."),
    })
    .transform(({ dispatch, ...rest }) => {
      const fitting = defaultDispatcher(rest.router.name);
      const isUsual = usual !== undefined && supports(rest.router.name, usual.name) === true;
      return {
        ...rest,
        dispatch: dispatch ?? dispatchSchema.parse(isUsual ? usual : { name: fitting }),
      };
    })
    .superRefine((settings, context) => {
      const problem = checkMoe(fromSnakeCase(settings));
      if (problem !== undefined) context.addIssue({ code: "custom", ...problem });
    });
}

/** The same with the toolkit's defaults: eight experts, softmax top-2, no loss. */
export const moeSchema = moeSchemaWith({});

/** Settings of a layer in the form of recipes. */
export type MoeInput = z.input<typeof moeSchema>;

/**
 * Settings from the snake_case form of recipes, validated once: a `MoeSettings` is always valid.
 *
 * @throws UserError (exit code 2) for unknown keys and incompatible settings
 * @example
 * parseMoe({ num_experts: 4, router: { name: "switch" } }).dispatch // { name: "dropless" }
 */
export function parseMoe(value: MoeInput = {}): MoeSettings {
  const parsed = moeSchema.safeParse(renameKeys(moeSchema, value));
  if (parsed.success) return fromSnakeCase(parsed.data);
  const { path, message } = parsed.error.issues[0]!;
  throw usageError(`${["moe", ...path].map(String).join(".")}: ${message}`, {
    cause: parsed.error,
  });
}
