/** Starts worker threads, whose modules are TypeScript in a clone and JavaScript in a package. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker, type WorkerOptions } from "node:worker_threads";

export interface ThreadOptions extends Pick<WorkerOptions, "workerData" | "resourceLimits"> {
  /** URLs of further modules that the thread imports. */
  readonly plugins?: readonly string[];
}

/**
 * Starts a module of this package in a thread.
 *
 * @param file its URL without the extension
 */
export function startThread(file: URL, { plugins = [], ...options }: ThreadOptions): Worker {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const module = new URL(`${file.href}.${extension}`);
  const tsx = tsxFor([...plugins, module.href]);
  if (tsx === undefined) return new Worker(module, options);
  const script = `import("${tsx}").then(({ register }) => (register(), import("${module.href}")))`;
  return new Worker(script, { ...options, eval: true });
}

/**
 * The tsx that reads these modules in a thread; undefined if Node reads them. In worker threads of Node 20
 * the `--import tsx` flag does nothing, so each thread registers tsx itself.
 *
 * @param modules their URLs
 */
export function tsxFor(modules: readonly string[]): URL | undefined {
  const typed = modules.filter((url) => /\.[cm]?ts$/.test(url));
  const sources = new URL("../../", import.meta.url).href;
  const own = typed.some((url) => url.startsWith(sources));
  const reads = (process.features as { readonly typescript?: unknown }).typescript;
  if (typed.length === 0 || (reads && !own)) return undefined;
  // In a package, tsx belongs to the project of the plug-in, whose main thread runs with it.
  const from = own ? import.meta.url : join(process.cwd(), "plug-ins.js");
  return new URL("./esm/api/index.mjs", pathToFileURL(createRequire(from).resolve("tsx")));
}
