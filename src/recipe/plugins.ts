/** Plug-ins: modules whose definitions work like built-in routers, losses, systems and data sets. */
import { existsSync, statSync } from "node:fs";
import { createRequire, isBuiltin } from "node:module";
import { basename, extname, isAbsolute, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { addDefinitions } from "../config/registry.ts";
import { UserError, usageError } from "../graph/errors.ts";
import { describeGiven } from "../graph/given.ts";

/** URLs of the plug-ins that this process has loaded. */
const loaded = new Set<string>();

const TYPESCRIPT = [".ts", ".mts", ".cts"];
const MODULES = [".js", ".mjs", ".cjs", ...TYPESCRIPT];

/**
 * The URLs of plug-ins: paths relative to the working directory, or names of installed packages.
 *
 * @throws UserError (exit code 2) if a file or package does not exist
 */
export function pluginUrls(plugins: readonly string[] = []): string[] {
  return plugins.map(pluginUrl);
}

function isPath(plugin: string): boolean {
  return plugin.startsWith(".") || isAbsolute(plugin);
}

function pluginUrl(plugin: string): string {
  if (plugin.startsWith("file:")) return plugin;
  if (plugin.trim() === "") {
    throw usageError(
      "the name of a plug-in is empty; write a path, such as ./my-router.js, or the name of a package",
    );
  }
  if (isPath(plugin)) {
    const path = resolve(plugin);
    if (!existsSync(path)) {
      throw usageError(
        `the plug-in ${plugin} does not exist; correct the path in plugins of the recipe or of the run's config.yaml, or pass --plugin with the new path of ${basename(plugin)}`,
      );
    }
    return moduleUrl(plugin, path);
  }
  if (isBuiltin(plugin)) throw noModule(plugin, "is a module of Node");
  let path: string;
  try {
    path = createRequire(join(process.cwd(), "plug-ins.js")).resolve(plugin);
  } catch (cause) {
    const hint = `install it, or write ./${plugin} for a file`;
    throw usageError(`the plug-in ${plugin} is not an installed package; ${hint}`, { cause });
  }
  return moduleUrl(plugin, path);
}

function moduleUrl(plugin: string, path: string): string {
  if (statSync(path).isDirectory()) throw noModule(plugin, "is a folder");
  if (!MODULES.includes(extname(path))) throw noModule(plugin, "is no module of JavaScript");
  return pathToFileURL(path).href;
}

function noModule(plugin: string, problem: string): UserError {
  return usageError(
    `the plug-in ${plugin} ${problem}; name a file that ends with ${MODULES.join(", ")}, or a package`,
  );
}

/**
 * The plug-ins of a configuration, with absolute paths. A file that no longer exists is replaced by a
 * loaded or given one with the same name.
 *
 * @param listed in the configuration
 * @param given in addition
 */
export function locatePlugins(listed: readonly string[], given: readonly string[] = []): string[] {
  const absolute = (plugin: string) => (plugin.startsWith(".") ? resolve(plugin) : plugin);
  const present = [...given.map(absolute), ...[...loaded].map((url) => fileURLToPath(url))];
  const locate = (plugin: string): string => {
    if (!isPath(plugin) || existsSync(plugin)) return plugin;
    return present.find((other) => basename(other) === basename(plugin)) ?? plugin;
  };
  return [...new Set([...listed.map(absolute).map(locate), ...given.map(absolute)])];
}

/**
 * The plug-ins that this process has not loaded. Code that reads a run of somebody else must not load
 * them: a plug-in runs with the permissions of the user.
 */
export function unloadedPlugins(plugins: readonly string[] = []): string[] {
  return plugins.filter((plugin) => !loaded.has(urlIfFound(locatePlugins([plugin])[0]!)));
}

function urlIfFound(plugin: string): string {
  try {
    return pluginUrl(plugin);
  } catch {
    return "";
  }
}

/**
 * Imports plug-ins and adds the definitions that they export to the registries.
 *
 * @param plugins paths or package names
 * @throws UserError (exit code 2) if a module is missing, fails, or exports no definition
 * @example
 * await loadPlugins(["./my-router.js"]);
 * loadConfig("mine.yaml", trainConfigSchema); // may use the router of the plug-in
 */
export async function loadPlugins(plugins: readonly string[] = []): Promise<void> {
  if (plugins.length > 0) await import("./config.ts"); // creates the registries of all kinds
  for (const plugin of plugins) {
    const url = pluginUrl(plugin);
    let count: number;
    try {
      count = addDefinitions(await imported(url));
    } catch (cause) {
      throw usageError(explain(plugin, cause), { cause });
    }
    if (count > 0) {
      loaded.add(url);
      continue;
    }
    throw usageError(
      `the plug-in ${plugin} exports no definition; export the result of defineRouter, defineLoss, defineSystem or defineDataset`,
    );
  }
}

/** Imports a module; Node would end the process silently if the module waited forever. */
async function imported(url: string): Promise<Readonly<Record<string, unknown>>> {
  let onStall = (): void => {};
  const stalled = new Promise<never>((_, reject) => {
    onStall = () => reject(usageError("it waits for something that never happens (await)"));
  });
  process.once("beforeExit", onStall);
  try {
    return await Promise.race([import(url), stalled]);
  } finally {
    process.off("beforeExit", onStall);
  }
}

function explain(plugin: string, error: unknown): string {
  const { code, message } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  if (TYPESCRIPT.includes(extname(plugin)) && code === "ERR_UNKNOWN_FILE_EXTENSION") {
    return `the plug-in ${plugin} cannot be imported: Node ${process.versions.node} does not read TypeScript; use Node 22.18 or newer, compile it to JavaScript, or run node --import tsx node_modules/moesaic/bin/moesaic.js`;
  }
  if (error instanceof UserError) return `the plug-in ${plugin} failed: ${error.message}`;
  const reason = message ?? `it threw ${describeGiven(error)}`;
  return `the plug-in ${plugin} failed while it was imported: ${reason}`;
}
