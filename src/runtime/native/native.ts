/** The native runtime: ONNX Runtime's shared library, in this process. */
import { handleCounts } from "../handles.ts";
import type { Runtime } from "../session.ts";
import { type Api, openApi } from "./api.ts";
import { runBindings } from "./binding.ts";
import { type EnvironmentKeeper, environmentKeeper } from "./environment.ts";
import { findLibrary } from "./library.ts";
import { createNativeSession } from "./session.ts";

let singleton: Runtime | undefined;

/**
 * The native runtime; the first session opens the library.
 *
 * Sessions are created and run off the main thread. The library comes from the package
 * `onnxruntime-node`, or from the path in the environment variable MOESAIC_ONNXRUNTIME.
 */
export function nativeRuntime(): Runtime {
  singleton ??= makeRuntime();
  return singleton;
}

function makeRuntime(): Runtime {
  const handles = handleCounts();
  let opened: { api: Api; keeper: EnvironmentKeeper } | undefined;
  const open = () => {
    if (opened === undefined) {
      const api = openApi(findLibrary());
      opened = { api, keeper: environmentKeeper(api, handles) };
    }
    return opened;
  };
  return {
    name: "native",
    copiesInputs: false,
    createSession: async (model, options = {}) => {
      const { api, keeper } = open();
      return createNativeSession(api, handles, keeper, model, options);
    },
    runAll: async (bindings) => {
      if (bindings.length > 0) await runBindings(open().api, bindings);
    },
    liveHandles: () => handles.snapshot(),
  };
}
