/** Definitions of one kind by name: the built-in ones, and those that plug-ins add. */
import * as z from "zod";
import { usageError } from "../graph/errors.ts";
import { checkSchema, type Definition } from "./definition.ts";
import { didYouMean } from "./nearest.ts";

/** All definitions of one kind. */
export interface Registry<D extends Definition> {
  /** Kind of the definitions, such as `router`. */
  readonly kind: string;
  /** The key of the name in settings: `name` or `system`. */
  readonly key: string;
  /** Built-in definitions first, then added ones in the order in which they were added. */
  list(): readonly D[];
  find(name: string): D | undefined;
  /** @throws UserError (exit code 2) if no definition has this name */
  get(name: string): D;
  /** @throws UserError (exit code 2) if another definition has the same name, or its schema another name */
  add(definition: D): void;
}

/**
 * A registry of built-in definitions that can grow.
 *
 * @param kind of the definitions, in the singular
 * @param key of the name in the schemas of settings
 * @throws UserError (exit code 2), from `get` and `add`, for unknown and duplicate names
 * @example
 * const routers = createRegistry("router", [switchDefinition, softDefinition]);
 * routers.get("swich"); // throws: unknown router swich; did you mean switch?
 */
export function createRegistry<D extends Definition>(
  kind: string,
  builtIn: readonly D[],
  key = "name",
): Registry<D> {
  const definitions = new Map<string, D>();
  const registry = { kind, key, list, find, get, add };
  registries.set(kind, registry as unknown as Registry<Definition>);
  for (const definition of builtIn) add(definition);
  additions -= builtIn.length;
  return registry;

  function list(): readonly D[] {
    return [...definitions.values()];
  }
  function find(name: string): D | undefined {
    return definitions.get(name);
  }
  function get(name: string): D {
    const found = definitions.get(name);
    if (found !== undefined) return found;
    const names = [...definitions.keys()];
    const hint = didYouMean(name, names) || `; known: ${names.join(", ")}`;
    throw usageError(`unknown ${kind} ${name}${hint}`);
  }
  function add(definition: D): void {
    const present = definitions.get(definition.name);
    if (present === definition) return; // The same module was loaded twice.
    if (present !== undefined) {
      throw usageError(
        `the ${kind} ${definition.name} is already defined; choose another name for this one`,
      );
    }
    checkSchema(kind, definition, key);
    definitions.set(definition.name, definition);
    additions += 1;
  }
}

let additions = 0;

/** The number of definitions that were added to the built-in ones of all registries. */
export function numAddedDefinitions(): number {
  return additions;
}

/** Registries by kind, for `addDefinitions`. */
const registries = new Map<string, Registry<Definition>>();

/** Marks definitions with their kind; shared by all copies of this package in one process. */
const KIND = Symbol.for("moesaic.definition");

/**
 * Marks a definition with its kind, so that a plug-in only needs to export it.
 *
 * @param kind of the registry, such as `router`
 */
export function ofKind<D extends object>(kind: string, definition: D): D {
  Object.defineProperty(definition, KIND, { value: kind });
  return definition;
}

/**
 * Adds all definitions that a module exports to their registries. Kinds whose registry is not loaded, as
 * in worker threads, are skipped.
 *
 * @returns the number of definitions that the module exports
 * @throws UserError (exit code 2) if another definition has the same name
 */
export function addDefinitions(module: Readonly<Record<string, unknown>>): number {
  const definitions = Object.values(module).filter(
    (value): value is Definition & { [KIND]: string } =>
      typeof value === "object" && value !== null && KIND in value,
  );
  for (const definition of definitions) registries.get(definition[KIND])?.add(definition);
  return definitions.length;
}

/**
 * The settings of any definition in `registry`, discriminated by its key.
 *
 * The union is rebuilt when a definition is added, so that schemas made of it accept plug-ins that
 * were loaded later. zod caches the inner type of a lazy schema, so this schema overrides the getter.
 */
export function registrySchema<D extends Definition>(
  registry: Registry<D>,
): z.ZodLazy<z.ZodType<z.output<D["schema"]>, z.input<D["schema"]>>> {
  let built: { readonly size: number; readonly union: z.ZodType } | undefined;
  const union = (): z.ZodType => {
    const schemas = registry.list().map(({ schema }) => schema);
    if (built?.size !== schemas.length) {
      const members = schemas as unknown as [z.ZodObject, ...z.ZodObject[]];
      built = { size: schemas.length, union: z.discriminatedUnion(registry.key, members) };
    }
    return built.union;
  };
  const schema = z.lazy(union);
  Object.defineProperty(schema._zod, "innerType", { get: union });
  return schema as never;
}
