/**
 * Keys with another name in older versions, so that older recipes, runs and exported models load.
 *
 * A schema of a mapping registers its old keys; `renameKeys` replaces them by the new ones before
 * the schema validates the value:
 *
 *   z.strictObject({ noise_scale: z.number() }).register(renamedKeys, { noise_std: { key: "noise_scale" } });
 */
import * as z from "zod";
import { usageError } from "../graph/errors.ts";
import { isMapping } from "./is-mapping.ts";

/** The new name of an old key. */
export interface RenamedKey {
  readonly key: string;
  /** New values by the old values as text, if the values changed too. */
  readonly values?: Readonly<Record<string, unknown>>;
}

/** New keys of a mapping by their old names. */
export type RenamedKeys = Readonly<Record<string, RenamedKey>>;

/** The old keys of schemas that have renamed keys. */
export const renamedKeys = z.registry<RenamedKeys>();

/** Called with the new path of a renamed key, and its old name. */
type OnRename = (path: readonly (string | number)[], old: string) => void;

/**
 * The same value with new keys in place of old ones, at any depth.
 *
 * @param schema of the snake_case form
 * @param value complete, or a partial layer of a configuration
 * @throws UserError (exit code 2) if a mapping has a key under both names
 */
export function renameKeys(
  schema: z.ZodType,
  value: unknown,
  onRename: OnRename = () => {},
): unknown {
  return rename([schema], value, [], onRename);
}

function rename(
  schemas: readonly z.core.$ZodType[],
  value: unknown,
  path: readonly (string | number)[],
  onRename: OnRename,
): unknown {
  const options = schemas.flatMap(alternatives);
  if (Array.isArray(value)) {
    const items = options.flatMap(({ _zod: { def } }) => (isArray(def) ? [def.element] : []));
    return value.map((item, i) => rename(items, item, [...path, i], onRename));
  }
  if (!isMapping(value)) return value;
  const objects = options.filter(isObject).filter((option) => matches(option, value));
  const entries = Object.entries(value).map(([old, inner]) => {
    const renamed = renamedKey(objects, old);
    const key = renamed?.key ?? old;
    if (renamed !== undefined) {
      if (Object.hasOwn(value, key)) {
        throw usageError(`${old} is the old name of ${key}; give ${key} alone`);
      }
      onRename([...path, key], old);
    }
    const next = objects.flatMap(({ _zod: { def } }) => own(def.shape, key) ?? []);
    return [key, rename(next, renamedValue(renamed, inner), [...path, key], onRename)];
  });
  return Object.fromEntries(entries);
}

/** A key that some schema knows under its old name and no schema under this name. */
function renamedKey(objects: readonly z.core.$ZodObject[], old: string): RenamedKey | undefined {
  if (objects.some(({ _zod: { def } }) => Object.hasOwn(def.shape, old))) return undefined;
  return objects
    .map((object) => own(renamedKeys.get(object) ?? {}, old))
    .find((known) => known !== undefined);
}

function renamedValue(renamed: RenamedKey | undefined, value: unknown): unknown {
  return own(renamed?.values ?? {}, String(value)) ?? value;
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/** The schemas that can apply to an input, without wrappers such as defaults. */
function alternatives(schema: z.core.$ZodType): z.core.$ZodType[] {
  const { def } = schema._zod as z.core.$ZodTypes["_zod"];
  switch (def.type) {
    case "lazy":
      return alternatives((schema as z.core.$ZodLazy)._zod.innerType);
    case "pipe":
      return alternatives(def.in);
    case "union":
      return def.options.flatMap(alternatives);
    case "optional":
    case "default":
    case "prefault":
    case "nullable":
      return alternatives(def.innerType);
    default:
      return [schema];
  }
}

function isObject(schema: z.core.$ZodType): schema is z.core.$ZodObject {
  return schema._zod.def.type === "object";
}

function isArray(def: z.core.$ZodTypeDef): def is z.core.$ZodArrayDef {
  return def.type === "array";
}

/** Whether no literal of the schema, such as its `name`, contradicts the value. */
function matches(
  { _zod: { def } }: z.core.$ZodObject,
  value: Readonly<Record<string, unknown>>,
): boolean {
  return Object.entries(def.shape).every(([key, { _zod }]) => {
    if (_zod.def.type !== "literal" || !Object.hasOwn(value, key)) return true;
    return (_zod.def as z.core.$ZodLiteralDef<z.core.util.Literal>).values.includes(
      value[key] as never,
    );
  });
}
