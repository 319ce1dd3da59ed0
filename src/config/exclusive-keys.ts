/**
 * Optional keys of which only one counts, such as `max_steps` and `epochs`: the layer that is merged last
 * chooses, as it does for the value of a single key.
 */
import * as z from "zod";
import { isMapping } from "./is-mapping.ts";

/** Groups of keys. */
export type ExclusiveKeys = readonly (readonly string[])[];

/** The groups of schemas that have some. */
export const exclusiveKeys = z.registry<ExclusiveKeys>();

/**
 * `lower` without the keys that keys of `upper` replace.
 *
 * @param schema of the snake_case form
 */
export function withoutReplaced(schema: z.core.$ZodType, lower: unknown, upper: unknown): unknown {
  const object = unwrapped(schema);
  if (object === undefined || !isMapping(lower) || !isMapping(upper)) return lower;
  const { shape } = object._zod.def;
  const replaced = (exclusiveKeys.get(object) ?? [])
    .filter((group) => group.some((key) => (upper[key] ?? null) !== null))
    .flat();
  const kept = Object.entries(lower).filter(([key]) => !replaced.includes(key));
  return Object.fromEntries(
    kept.map(([key, value]) => {
      const inner = Object.hasOwn(shape, key) ? shape[key] : undefined;
      return [key, inner === undefined ? value : withoutReplaced(inner, value, upper[key])];
    }),
  );
}

/** The object within wrappers such as defaults, or undefined. */
function unwrapped(schema: z.core.$ZodType): z.core.$ZodObject | undefined {
  const { def } = schema._zod as z.core.$ZodTypes["_zod"];
  if (def.type === "object") return schema as z.core.$ZodObject;
  const isWrapper = def.type === "optional" || def.type === "default" || def.type === "prefault";
  return isWrapper ? unwrapped(def.innerType) : undefined;
}
