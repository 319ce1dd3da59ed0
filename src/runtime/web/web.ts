/// <reference path="./onnxruntime-web.d.ts" />
/** The web runtime: onnxruntime-web behind the common interface. */
import type { Env, InferenceSession } from "onnxruntime-web";
import { UserError, usageError } from "../../graph/errors.ts";
import { handleCounts } from "../handles.ts";
import type { Binding, Runtime, SessionOptions } from "../session.ts";
import { createWebSession, runQueue, type WebLibrary } from "./session.ts";

export interface WebRuntimeOptions {
  /** URL of the folder with the package's `.wasm` and `.mjs` files, ending in a slash. */
  readonly wasmPaths?: string;
  /** Threads of all sessions; more than one requires a cross-origin isolated page. */
  readonly numThreads?: number;
}

/** onnxruntime-web as one of its entries exports it, and the providers of that entry. */
export interface WebEntry {
  readonly library: WebLibrary & { readonly env: Env };
  readonly providers: readonly ("wasm" | "webgpu")[];
}

/**
 * Opens onnxruntime-web on WebAssembly, in a browser or in Node. `webGpuRuntime` of `moesaic/webgpu` also
 * has WebGPU; its WebAssembly file is twice as large.
 *
 * Runs of all sessions are serialised; results are copied into bound arrays. The runtime sets the
 * threads: `threads` and `spin` of a session have no effect.
 *
 * @throws UserError if the WebAssembly backend is missing, and (exit code 2) from `createSession` for
 * another provider than wasm
 * @example
 * const runtime = await webRuntime({ numThreads: 2 });
 * const model = await createLiveModel(spec, weights, { runtime });
 */
export async function webRuntime(options: WebRuntimeOptions = {}): Promise<Runtime> {
  // In browsers the entry with WebAssembly alone; see `imports` of package.json.
  const library = await import("#onnxruntime-web");
  return createWebRuntime({ library, providers: ["wasm"] }, options);
}

/**
 * The runtime over an entry of onnxruntime-web; all sessions share the entry's threads.
 *
 * @throws UserError if the WebAssembly backend is missing
 */
export function createWebRuntime(
  { library, providers }: WebEntry,
  options: WebRuntimeOptions,
): Runtime {
  const { wasm } = library.env;
  if (wasm === undefined) throw new UserError("onnxruntime-web has no WebAssembly backend");
  if (options.wasmPaths !== undefined) wasm.wasmPaths = options.wasmPaths;
  if (options.numThreads !== undefined) wasm.numThreads = options.numThreads;
  const handles = handleCounts();
  const queue = runQueue();
  return {
    name: "web",
    copiesInputs: true,
    createSession: async (model, given = {}) =>
      createWebSession(
        library,
        handles,
        queue,
        model,
        sessionOptions(given, providers),
        given.explain,
      ),
    runAll: async (bindings: readonly Binding[]) => {
      for (const binding of bindings) await binding.run();
    },
    liveHandles: () => handles.snapshot(),
  };
}

function sessionOptions(
  options: SessionOptions,
  providers: WebEntry["providers"],
): InferenceSession.SessionOptions {
  const provider = providers.find((name) => name === (options.provider ?? providers[0]));
  if (provider === undefined) {
    const hint = options.provider === "webgpu" ? "; webGpuRuntime of moesaic/webgpu has it" : "";
    throw usageError(
      `this web runtime has no provider "${options.provider}", only ${providers.join(" and ")}${hint}`,
    );
  }
  if (options.profile !== undefined) {
    throw usageError("only the native runtime writes profiles; drop the option profile");
  }
  // Always explicit: otherwise a backend registered by another package could be used.
  return {
    executionProviders: [provider],
    graphOptimizationLevel: "all",
    logSeverityLevel: 3,
  };
}
