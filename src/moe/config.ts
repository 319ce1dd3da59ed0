/** Settings of a mixture-of-experts layer, as recipes have them under `model.moe`. */
import * as z from "zod";
import { type CamelCased, fromSnakeCase } from "../config/case.ts";
import { checkMoe } from "./check.ts";
import { defaultDispatcher } from "./compatibility.ts";
import { dispatchSchema } from "./dispatch/config.ts";
import { expertsSchema } from "./experts-config.ts";
import { lossSchema } from "./losses/config.ts";
import { routerSchema } from "./routers/config.ts";

const penalty = z.number().nonnegative().default(0);

/**
 * Router, dispatcher, experts and losses of a layer. Settings that do not go together are refused with
 * the reason; `dispatch` follows the router where it is left out.
 */
export const moeSchema = z
  .strictObject({
    num_experts: z.int().positive().max(4096).default(8),
    router: routerSchema.prefault({ name: "softmax_top_k" }),
    dispatch: dispatchSchema.optional(),
    experts: expertsSchema.prefault({}),
    losses: z.array(lossSchema).max(32).default([]),
    /** Factors of the sums of absolute values and of squares of the router's weights. */
    router_penalty: z.strictObject({ l1: penalty, l2: penalty }).prefault({}),
  })
  .transform(({ dispatch, ...rest }) => ({
    ...rest,
    dispatch: dispatch ?? dispatchSchema.parse({ name: defaultDispatcher(rest.router.name) }),
  }))
  .superRefine((settings, context) => {
    const problem = checkMoe(fromSnakeCase(settings));
    if (problem !== undefined) context.addIssue({ code: "custom", ...problem });
  });

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
