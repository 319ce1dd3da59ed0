/** Runs ONNX models: natively in Node, with WebAssembly or WebGPU in browsers. */
export { type Arena, type ArenaGroup, createArena, type ParameterSpec } from "./arena.ts";
export { defaultRuntime } from "./default-runtime.ts";
export {
  type EvaluateOptions,
  evaluate,
  type LossFunction,
  type TensorFunction,
  type ValueAndGradients,
  type ValueAndGradientsOptions,
  valueAndGradients,
} from "./evaluate.ts";
export { nativeRuntime } from "./native/native.ts";
export { readProfile } from "./profile/file.ts";
export { type NodeTiming, type Profile, parseProfile, type TimeShare } from "./profile/profile.ts";
export { type ProfileTableOptions, profileTable } from "./profile/table.ts";
export { profileTrace } from "./profile/trace.ts";
export type { Binding, Runtime, Session, SessionOptions } from "./session.ts";
export { type WebRuntimeOptions, webRuntime } from "./web/web.ts";
