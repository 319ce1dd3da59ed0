/** Checks of definitions, whose types a plug-in in JavaScript does not see. */
import * as z from "zod";
import { usageError } from "../graph/errors.ts";
import { describeGiven } from "../graph/given.ts";
import { functionSchema, givenSchema } from "./given-schema.ts";
import { parseSettings } from "./parse-settings.ts";

/** A router, loss, system or data set: its name and the schema of its settings. */
export interface Definition {
  readonly name: string;
  /** Snake_case schema; the registry's discriminating key is a literal in it. */
  readonly schema: z.ZodType;
}

const isSchema = (value: unknown) =>
  typeof value === "object" && value !== null && "_zod" in value && "parse" in value;

/** Schemas of the fields of definitions. */
export const fields = {
  text: z.string().min(1),
  function: functionSchema,
  /** The zod schema of all settings. */
  schema: givenSchema("a schema of zod, such as z.strictObject({ ... }),", isSchema),
  mapping: z.looseObject({}),
  /**
   * The zod schemas of settings by name.
   *
   * @param reserved names of settings that all definitions of the kind have
   */
  settings(reserved: readonly string[]): z.ZodType {
    return z.looseObject({}).check(({ value, issues }) => {
      for (const [key, schema] of Object.entries(value)) {
        const problem = problemOf(key, schema, reserved);
        if (problem) issues.push({ code: "custom", input: schema, path: [key], message: problem });
      }
    });
  },
} as const;

function problemOf(key: string, schema: unknown, reserved: readonly string[]): string | undefined {
  if (!isSchema(schema)) {
    return `a schema of zod is needed, such as z.number(), got ${describeGiven(schema)}`;
  }
  if (reserved.includes(key)) return `the setting ${key} exists already; choose another name`;
  return /^[a-z][a-z0-9_]*$/.test(key) ? undefined : "names of settings are snake_case";
}

/**
 * Checks the parts of a definition.
 *
 * @param maker the function that makes it, such as `defineRouter`
 * @param form schema of the required parts by name
 * @throws UserError (exit code 2) that names the definition and the part
 */
export function checkDefinition(
  maker: string,
  form: Readonly<Record<string, z.ZodType>>,
  definition: unknown,
): void {
  const { name } = (definition ?? {}) as { readonly name?: unknown };
  const called = typeof name === "string" && name !== "" ? `("${name}")` : "";
  parseSettings(z.looseObject(form), definition, maker + called);
}

/**
 * Checks that the schema of a definition accepts its name.
 *
 * @param kind of the definition
 * @param key of the name in the schema
 * @throws UserError (exit code 2) if it is no schema of settings, or accepts another name
 */
export function checkSchema(kind: string, { name, schema }: Definition, key: string): void {
  const values = isSchema(schema) ? schema._zod.propValues?.[key] : undefined;
  if (typeof name === "string" && name !== "" && values?.size === 1 && values.has(name)) return;
  const found = values === undefined ? "none" : [...values].map((value) => `"${String(value)}"`);
  throw usageError(
    `the schema of the ${kind} ${name} must have ${key}: z.literal("${name}"), got ${found}`,
  );
}
