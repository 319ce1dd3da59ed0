/**
 * The web runtime with WebGPU; an entry of its own, because its WebAssembly file is twice as large as that
 * of `moesaic/browser`.
 *
 * @example
 * import { createLiveModel } from "moesaic/browser";
 * import { webGpuRuntime } from "moesaic/webgpu";
 * const model = await createLiveModel(spec, weights, { runtime: await webGpuRuntime() });
 */
export type { WebRuntimeOptions } from "./runtime/web/web.ts";
export { webGpuRuntime } from "./runtime/web/web-gpu.ts";
