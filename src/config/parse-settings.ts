/** Checks settings that a program gives. */
import type * as z from "zod";
import { usageError } from "../graph/errors.ts";
import { explainIssues } from "./explain.ts";
import { programWording } from "./wording.ts";

/**
 * The settings with defaults.
 *
 * @param schema of objects that are strict
 * @param root name of the settings in errors
 * @param key a key of the schema as programs write it; by default the key itself
 * @throws UserError (exit code 2) that names the setting
 * @example
 * const schema = z.strictObject({ max_steps: z.int() });
 * parseSettings(schema, { max_steps: 0.5 }, "settings", camelCase);
 * // throws: settings.maxSteps must be a whole number, got 0.5
 */
export function parseSettings<T>(
  schema: z.ZodType<T>,
  value: unknown,
  root: string,
  key: (key: string) => string = (same) => same,
): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw usageError(explainIssues(result.error.issues, schema, value, programWording(root, key)));
}
