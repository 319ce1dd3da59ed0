/** The web runtime on a GPU. */
import type { Runtime } from "../session.ts";
import { createWebRuntime, type WebRuntimeOptions } from "./web.ts";

/**
 * Opens onnxruntime-web with WebGPU. Sessions use the GPU unless their option `provider` is `wasm`.
 *
 * @throws Error from `createSession` if the browser has no WebGPU
 * @example
 * const runtime = await webGpuRuntime();
 * const model = await createLiveModel(spec, weights, { runtime });
 */
export async function webGpuRuntime(options: WebRuntimeOptions = {}): Promise<Runtime> {
  const library = await import("onnxruntime-web/webgpu");
  return createWebRuntime({ library, providers: ["webgpu", "wasm"] }, options);
}
