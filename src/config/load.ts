/** Loads a configuration: a recipe or file, the files it extends, and overriding arguments. */
import { readFileSync } from "node:fs";
import { basename, dirname, isAbsolute, relative, resolve } from "node:path";
import { stringify } from "yaml";
import type * as z from "zod";
import { UserError, usageError } from "../graph/errors.ts";
import { type CamelCased, fromSnakeCase, toSnakeCase } from "./case.ts";
import { withoutReplaced } from "./exclusive-keys.ts";
import { explainIssues } from "./explain.ts";
import { isMapping } from "./is-mapping.ts";
import { type Layer, mergeValues, parseLayer } from "./layer.ts";
import { parseOverride } from "./overrides.ts";
import type { Path } from "./path.ts";
import { recipePath } from "./recipes.ts";
import { renameKeys } from "./renamed-keys.ts";
import { fileWording } from "./wording.ts";

export interface LoadOptions {
  /** `key.path=value` arguments, later ones win. */
  overrides?: readonly string[];
  /** Folder of the recipes; those of the package by default. */
  recipes?: string;
}

/**
 * Loads and validates a configuration.
 *
 * A file may start with `extends: <recipe or file>` and then lists only differences. A part whose
 * `name`, `kind` or `system` differs replaces the part below as a whole, in files and arguments. One of
 * several `exclusiveKeys` replaces the others of lower layers, and the argument `key=null` unsets a key. If the
 * schema has a key `recipe`, it defaults to the name of the file. Old names of keys become the new ones,
 * see `renamedKeys`.
 *
 * @param source name of a recipe, or path of a YAML file
 * @param schema of the snake_case form, its objects strict
 * @returns the complete configuration with camelCase keys
 * @throws UserError (exit code 2) with file, line and column, or the argument
 */
export function loadConfig<Snake>(
  source: string,
  schema: z.ZodType<Snake>,
  { overrides = [], recipes }: LoadOptions = {},
): CamelCased<Snake> {
  const path = findSource(source, process.cwd(), recipes);
  const name: Layer = {
    value: hasRecipe(schema) ? { recipe: basename(path).replace(/\.ya?ml$/, "") } : {},
    locate: () => undefined,
  };
  const files = [name, ...readLayers(path, recipes).map((layer) => withNewKeys(schema, layer))];
  const given = overrides.map(parseOverride).map((layer) => withNewKeys(schema, layer));
  const layers = [...files, ...given];
  // Arguments are merged first, so that a new `name` keeps the arguments before it.
  const settings = joinLayers(given, schema);
  const value = withoutUnset(join(joinLayers(files, schema), settings, schema), settings);
  const result = schema.safeParse(value);
  if (!result.success) {
    throw usageError(explainIssues(result.error.issues, schema, value, fileWording(layers)));
  }
  return fromSnakeCase(result.data);
}

/** The plug-ins that a configuration lists, before it is validated: its schema may depend on them. */
export function pluginsOf(source: string, { overrides = [], recipes }: LoadOptions = {}): string[] {
  const layers = readLayers(findSource(source, process.cwd(), recipes), recipes);
  const value = joinLayers([...layers, ...overrides.map(parseOverride)]);
  const { plugins } = isMapping(value) ? value : {};
  return Array.isArray(plugins) ? plugins.filter((entry) => typeof entry === "string") : [];
}

/** The layer with new keys in place of old ones, which are still located by their old names. */
function withNewKeys(schema: z.ZodType, layer: Layer): Layer {
  const oldNames = new Map<string, string>();
  const value = renameKeys(schema, layer.value, (path, old) => oldNames.set(path.join("."), old));
  if (oldNames.size === 0) return layer;
  const written = (path: Path): Path =>
    path.map((key, i) => oldNames.get(path.slice(0, i + 1).join(".")) ?? key);
  return { value, locate: (path, part) => layer.locate(written(path), part) };
}

function joinLayers(layers: readonly Layer[], schema?: z.ZodType): unknown {
  return layers.reduce<unknown>((lower, { value }) => join(lower, value, schema), {});
}

function join(lower: unknown, upper: unknown, schema?: z.ZodType): unknown {
  return mergeValues(schema ? withoutReplaced(schema, lower, upper) : lower, upper);
}

/** Drops the keys that arguments set to null. */
function withoutUnset(value: unknown, settings: unknown): unknown {
  if (!isMapping(value) || !isMapping(settings)) return value;
  const kept = Object.entries(value).filter(([key]) => settings[key] !== null);
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutUnset(inner, settings[key])]));
}

function hasRecipe(schema: z.ZodType): boolean {
  return "shape" in schema && Object.hasOwn(schema.shape as object, "recipe");
}

/** A configuration as YAML; `loadConfig` reads it back unchanged. */
export function configToYaml(config: object): string {
  return stringify(toSnakeCase(config));
}

/** The layers that the file extends, then its own. */
function readLayers(path: string, recipes?: string, above: readonly string[] = []): Layer[] {
  if (above.includes(path)) {
    throw usageError(`${displayPath(path)} extends itself through ${displayPath(above.at(-1)!)}`);
  }
  const layer = parseLayer(readText(path), displayPath(path));
  const { extends: base, ...rest } = isMapping(layer.value) ? layer.value : {};
  const value = withAbsolutePlugins(rest, dirname(path));
  const own: Layer = { value, locate: layer.locate };
  if (base === undefined) return [own];
  const place = layer.locate(["extends"], "value");
  if (typeof base !== "string") {
    throw usageError(`extends must name a recipe or a file ${place}`);
  }
  let basePath: string;
  try {
    basePath = findSource(base, dirname(path), recipes);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw usageError(`${error.message} (${place})`);
  }
  const [lowest, ...others] = readLayers(basePath, recipes, [...above, path]);
  return [withoutRecipe(lowest!), ...others.map(withoutRecipe), own];
}

/** Paths in `plugins` are relative to the file that lists them; other entries are package names. */
function withAbsolutePlugins(value: Record<string, unknown>, folder: string): object {
  if (!Array.isArray(value.plugins)) return value;
  const absolute = (entry: unknown): unknown =>
    typeof entry === "string" && entry.startsWith(".") ? resolve(folder, entry) : entry;
  return { ...value, plugins: value.plugins.map(absolute) };
}

/** Drops `recipe`: a file does not inherit the name of the file that it extends. */
function withoutRecipe(layer: Layer): Layer {
  const { recipe: _, ...value } = layer.value as Record<string, unknown>;
  return { value, locate: layer.locate };
}

/** Resolves a source: text with a path separator or file extension is a path, other text is a recipe name. */
function findSource(source: string, folder: string, recipes?: string): string {
  if (/[/\\]|\.ya?ml$/.test(source)) return resolve(folder, source);
  return recipePath(source, recipes);
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === "ENOENT" ? "does not exist" : error;
    throw usageError(`cannot read ${displayPath(path)}: ${reason}`, { cause: error });
  }
}

function displayPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith("..") || isAbsolute(short) ? path : short;
}
