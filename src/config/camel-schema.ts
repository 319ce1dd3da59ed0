/** Schemas for settings of programs, from those of recipes. */
import * as z from "zod";
import { camelCase } from "./case.ts";

/**
 * The same schema with camelCase keys, in which settings with a default are optional.
 *
 * @example
 * camelSchema(z.strictObject({ max_steps: z.int() })).parse({ maxSteps: 1 }); // { maxSteps: 1 }
 */
export function camelSchema(schema: z.core.$ZodType): z.ZodType {
  if (schema instanceof z.ZodObject) {
    const entries = Object.entries(schema.shape as z.ZodRawShape);
    return z.strictObject(
      Object.fromEntries(entries.map(([key, inner]) => [camelCase(key), camelSchema(inner)])),
    );
  }
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodOptional) {
    return camelSchema(schema.unwrap()).optional();
  }
  if (schema instanceof z.ZodUnion) return z.union(schema.options.map(camelSchema));
  return schema as z.ZodType;
}
