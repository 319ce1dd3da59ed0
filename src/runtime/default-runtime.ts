/** The runtime of Node programs that name none. */
import { findLibrary, type LibrarySearch, systemSearch } from "./native/library.ts";
import { nativeRuntime } from "./native/native.ts";
import type { Runtime, SessionOptions } from "./session.ts";
import { webRuntime } from "./web/web.ts";

let chosen: Runtime | undefined;

/**
 * The native runtime, or the web runtime with one warning if no native library is installed: npm drops
 * `onnxruntime-node`, an optional dependency, if its install script cannot download.
 *
 * A library that MOESAIC_ONNXRUNTIME names must exist; then nothing replaces it.
 *
 * @example
 * const runtime = defaultRuntime();
 * const model = await createLiveModel(spec, weights, { runtime });
 */
export function defaultRuntime(): Runtime {
  chosen ??= process.env.MOESAIC_ONNXRUNTIME ? nativeRuntime() : installedRuntime();
  return chosen;
}

/** The native runtime if `search` finds its library; tests replace the search. */
export function installedRuntime(search: LibrarySearch = systemSearch()): Runtime {
  try {
    findLibrary(search);
    return nativeRuntime();
  } catch (error) {
    console.warn(
      `Moesaic runs on WebAssembly, several times slower than native code: ${(error as Error).message}`,
    );
    return onWebAssembly();
  }
}

/** The web runtime, opened by the first session; the CPU of recipes is WebAssembly here. */
function onWebAssembly(): Runtime {
  let opened: Promise<Runtime> | undefined;
  let handles: Runtime["liveHandles"] = () => ({});
  const open = async (): Promise<Runtime> => {
    opened ??= webRuntime();
    const runtime = await opened;
    handles = runtime.liveHandles;
    return runtime;
  };
  return {
    name: "web",
    copiesInputs: true,
    async createSession(model, { provider, ...options }: SessionOptions = {}) {
      const own = provider === undefined || provider === "cpu" ? {} : { provider };
      return (await open()).createSession(model, { ...options, ...own });
    },
    runAll: async (bindings) => (await open()).runAll(bindings),
    liveHandles: () => handles(),
  };
}
