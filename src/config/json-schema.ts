/** Queries on JSON Schemas for error messages: allowed keys and values. */
import { isMapping } from "./is-mapping.ts";
import type { Path } from "./path.ts";

/** The subset of JSON Schema that zod emits for configurations. */
export interface JsonSchema {
  type?: string | string[];
  properties?: Record<string, JsonSchema>;
  additionalProperties?: JsonSchema | boolean;
  items?: JsonSchema | boolean;
  prefixItems?: JsonSchema[];
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  const?: unknown;
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  multipleOf?: number;
  minLength?: number;
  minItems?: number;
  maxItems?: number;
}

/** The schemas that can apply at `path`; constants in `value` select among alternatives. */
export function schemasAt(schema: JsonSchema, path: Path, value: unknown): JsonSchema[] {
  const [key, ...rest] = path;
  if (key === undefined) return alternatives(schema);
  const inner = isMapping(value) || Array.isArray(value) ? value[key as never] : undefined;
  return alternatives(schema)
    .filter((option) => matchesConstants(option, value, String(key)))
    .flatMap((option) => {
      const next =
        typeof key === "number"
          ? (option.prefixItems?.[key] ?? option.items)
          : (ownProperty(option.properties, key) ?? option.additionalProperties);
      return typeof next === "object" ? schemasAt(next, rest, inner) : [];
    });
}

/** The keys of the mapping at `path`. */
export function keysAt(schema: JsonSchema, path: Path, value: unknown): string[] {
  const inner = path.reduce<unknown>(
    (level, key) => (isMapping(level) || Array.isArray(level) ? level[key as never] : undefined),
    value,
  );
  const options = schemasAt(schema, path, value).filter((option) =>
    matchesConstants(option, inner, undefined),
  );
  return [...new Set(options.flatMap((option) => Object.keys(option.properties ?? {})))];
}

/** Dotted paths to every key called `name`. */
export function pathsTo(schema: JsonSchema, name: string, prefix = ""): string[] {
  const found = alternatives(schema).flatMap((option) =>
    Object.entries(option.properties ?? {}).flatMap(([key, inner]) => [
      ...(key === name ? [prefix + key] : []),
      ...pathsTo(inner, name, `${prefix}${key}.`),
    ]),
  );
  return [...new Set(found)];
}

/** The constants and enumerated values among schemas. */
export function choices(schemas: readonly JsonSchema[]): unknown[] {
  return schemas.flatMap((schema) => ("const" in schema ? [schema.const] : (schema.enum ?? [])));
}

/** Description of valid values, for example `a whole number >= 1`; empty if unknown. */
export function describe(schemas: readonly JsonSchema[]): string {
  const words = schemas
    .filter((schema) => !("const" in schema) && !schema.enum)
    .flatMap((schema) => [schema.type ?? []].flat().map((type) => describeType(type, schema)));
  const listed = choices(schemas).map(String);
  const fixed = listed.length > 1 ? [`one of ${listed.join(", ")}`] : listed;
  return [...new Set([...fixed, ...words])].join(" or ");
}

function describeType(type: string, schema: JsonSchema): string {
  switch (type) {
    case "integer":
      return `a whole number${bounds(schema)}`;
    case "number":
      return `a number${bounds(schema)}`;
    case "boolean":
      return "true or false";
    case "string":
      return schema.minLength ? "a text that is not empty" : "a text";
    case "array":
      return `a list${listLength(schema)}`;
    case "object":
      return "a mapping of keys";
    default:
      return type;
  }
}

function bounds(schema: JsonSchema): string {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  const parts = [
    multipleOf === undefined ? "" : `that is a multiple of ${multipleOf}`,
    exclusiveMinimum === undefined ? "" : `> ${exclusiveMinimum}`,
    minimum === undefined || minimum === Number.MIN_SAFE_INTEGER ? "" : `>= ${minimum}`,
    exclusiveMaximum === undefined ? "" : `< ${exclusiveMaximum}`,
    maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? "" : `<= ${maximum}`,
  ].filter(Boolean);
  return parts.length === 0 ? "" : ` ${parts.join(" and ")}`;
}

function listLength({ minItems, maxItems }: JsonSchema): string {
  if (minItems === undefined && maxItems === undefined) return "";
  if (minItems === maxItems) return ` of ${minItems}`;
  if (maxItems === undefined) return ` of at least ${minItems}`;
  return minItems === undefined ? ` of at most ${maxItems}` : ` of ${minItems} to ${maxItems}`;
}

function alternatives(schema: JsonSchema): JsonSchema[] {
  const inner = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  return inner ? inner.flatMap(alternatives) : [schema];
}

/** Whether no constant of `schema` other than `except` contradicts `value`. */
function matchesConstants(schema: JsonSchema, value: unknown, except: string | undefined): boolean {
  if (!isMapping(value)) return true;
  return Object.entries(schema.properties ?? {}).every(
    ([key, property]) =>
      key === except ||
      !("const" in property) ||
      !Object.hasOwn(value, key) ||
      value[key] === property.const,
  );
}

function ownProperty<T>(record: Record<string, T> | undefined, key: string): T | undefined {
  return record && Object.hasOwn(record, key) ? record[key] : undefined;
}
