/** Settings of a mixture-of-experts layer, as recipes have them under `model.moe`. */
import * as z from "zod";
import { type CamelCased, fromSnakeCase } from "../config/case.ts";
import { checkMoe } from "./check.ts";
import { defaultDispatcher, supports } from "./compatibility.ts";
import { dispatchSchema } from "./dispatch/config.ts";
import { expertsSchema } from "./experts-config.ts";
import { lossSchema } from "./losses/config.ts";
import { routerSchema } from "./routers/config.ts";

const penalty = z.number().nonnegative().default(0);

/** What a layer has where a recipe says nothing. */
export interface MoeDefaults {
  readonly num_experts?: number;
  readonly router?: z.input<typeof routerSchema>;
  readonly dispatch?: z.input<typeof dispatchSchema>;
  readonly experts?: z.input<typeof expertsSchema>;
  readonly losses?: readonly z.input<typeof lossSchema>[];
}

/**
 * Router, dispatcher, experts and losses of a layer, each with the defaults of the system around it.
 * Settings that do not go together are refused with the reason; `dispatch` follows the router where
 * nothing is said of it.
 */
export function moeSchemaWith(defaults: MoeDefaults) {
  const { num_experts: numExperts = 8, router = { name: "softmax_top_k" } } = defaults;
  const { dispatch: usual, experts = {}, losses = [] } = defaults;
  return z
    .strictObject({
      num_experts: z.int().positive().max(4096).default(numExperts),
      router: routerSchema.prefault(router),
      dispatch: dispatchSchema.optional(),
      experts: expertsSchema.prefault(experts),
      losses: z
        .array(lossSchema)
        .max(32)
        .prefault([...losses]),
      /** Factors of the sums of absolute values and of squares of the router's weights. */
      router_penalty: z.strictObject({ l1: penalty, l2: penalty }).prefault({}),
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

/** The same with the toolkit's own defaults: eight experts, softmax top-2, no loss. */
export const moeSchema = moeSchemaWith({});

export type MoeSettings = CamelCased<z.output<typeof moeSchema>>;

/**
 * Settings from the snake_case form of recipes.
 *
 * @example
 * parseMoe({ num_experts: 4, router: { name: "switch" } }).dispatch // { name: "dropless" }
 */
export function parseMoe(value: z.input<typeof moeSchema> = {}): MoeSettings {
  return fromSnakeCase(moeSchema.parse(value));
}
