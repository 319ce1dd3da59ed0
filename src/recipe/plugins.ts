/** Plug-ins: modules whose definitions work like built-in routers, losses, systems and data sets. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { extname, isAbsolute, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { addDefinitions } from "../config/registry.ts";
import { UserError, usageError } from "../graph/errors.ts";

/** URLs of the plug-ins that this process has loaded. */
const loaded = new Set<string>();

const TYPESCRIPT = [".ts", ".mts", ".cts"];

/**
 * The URLs of plug-ins: paths relative to the working directory, or names of installed packages.
 *
 * @throws UserError (exit code 2) if a file or package does not exist
 */
export function pluginUrls(plugins: readonly string[] = []): string[] {
  return plugins.map(pluginUrl);
}

function pluginUrl(plugin: string): string {
  if (plugin.startsWith("file:")) return plugin;
  if (plugin.startsWith(".") || isAbsolute(plugin)) {
    const path = resolve(plugin);
    if (!existsSync(path)) {
      throw usageError(`the plug-in ${plugin} does not exist; correct the path in plugins`);
    }
    return pathToFileURL(path).href;
  }
  try {
    return pathToFileURL(createRequire(join(process.cwd(), "plug-ins.js")).resolve(plugin)).href;
  } catch (cause) {
    const hint = `install it, or write ./${plugin} for a file`;
    throw usageError(`the plug-in ${plugin} is not an installed package; ${hint}`, { cause });
  }
}

/**
 * The plug-ins that this process has not loaded. Code that reads a run of somebody else must not load
 * them: a plug-in runs with the permissions of the user.
 */
export function unloadedPlugins(plugins: readonly string[] = []): string[] {
  return plugins.filter((plugin) => !loaded.has(urlIfFound(plugin)));
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
    let module: Readonly<Record<string, unknown>>;
    try {
      module = await import(url);
    } catch (cause) {
      throw usageError(explain(plugin, cause as NodeJS.ErrnoException), { cause });
    }
    if (addDefinitions(module) > 0) {
      loaded.add(url);
      continue;
    }
    throw usageError(
      `the plug-in ${plugin} exports no definition; export the result of defineRouter, defineLoss, defineSystem or defineDataset`,
    );
  }
}

function explain(plugin: string, error: NodeJS.ErrnoException): string {
  if (TYPESCRIPT.includes(extname(plugin)) && error.code === "ERR_UNKNOWN_FILE_EXTENSION") {
    return `the plug-in ${plugin} cannot be imported: Node ${process.versions.node} does not read TypeScript; use Node 22.18 or newer, compile it to JavaScript, or run node --import tsx node_modules/moesaic/bin/moesaic.js`;
  }
  if (error instanceof UserError) return `the plug-in ${plugin} failed: ${error.message}`;
  return `the plug-in ${plugin} failed while it was imported: ${error.message}`;
}
