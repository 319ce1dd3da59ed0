/** Writes graphs as ONNX models. */
export type { Lowering, LoweringRule, ModelBuilder } from "./builder.ts";
export { type EmitOptions, type EmittedModel, emitModel } from "./emit.ts";
export { type NodeOrigin, readNodeName } from "./node-name.ts";
