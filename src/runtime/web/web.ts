/** The web runtime: onnxruntime-web (WebAssembly or WebGPU) behind the common interface. */
import type { InferenceSession } from "onnxruntime-web";
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

/**
 * Opens onnxruntime-web, in a browser or in Node.
 *
 * Runs of all sessions are serialised; results are copied into bound arrays. The runtime sets the
 * threads: `threads` and `spin` of a session have no effect.
 *
 * @throws UserError if the WebAssembly backend is missing
 */
export async function webRuntime(options: WebRuntimeOptions = {}): Promise<Runtime> {
  const ort = await import("onnxruntime-web");
  const { wasm } = ort.env;
  if (wasm === undefined) throw new UserError("onnxruntime-web has no WebAssembly backend");
  if (options.wasmPaths !== undefined) wasm.wasmPaths = options.wasmPaths;
  if (options.numThreads !== undefined) wasm.numThreads = options.numThreads;
  const library: WebLibrary = ort;
  const handles = handleCounts();
  const queue = runQueue();
  return {
    name: "web",
    copiesInputs: true,
    createSession: async (model, given = {}) =>
      createWebSession(library, handles, queue, model, nativeOptions(given), given.explain),
    runAll: async (bindings: readonly Binding[]) => {
      for (const binding of bindings) await binding.run();
    },
    liveHandles: () => handles.snapshot(),
  };
}

function nativeOptions(options: SessionOptions): InferenceSession.SessionOptions {
  const provider = options.provider ?? "wasm";
  if (provider !== "wasm" && provider !== "webgpu") {
    throw usageError(`the web runtime has no provider "${provider}"; use wasm or webgpu`);
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
