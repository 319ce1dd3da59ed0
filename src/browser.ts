/**
 * Moesaic in a browser: what `moesaic` offers except for files, threads and native code, with
 * onnxruntime-web as the runtime, and the browser's part of the entries `moesaic/runtime`,
 * `moesaic/data`, `moesaic/learn`, `moesaic/report` and `moesaic/train`. The other entries, such as `moesaic/ops`
 * and `moesaic/nn`, work in browsers as they are.
 *
 * @example
 * import { array, evaluate } from "moesaic/browser";
 * import { softmax } from "moesaic/ops";
 * const [y] = await evaluate((x) => softmax(x), [array([[1, 2, 3]])]);
 */
export { gradients } from "./autodiff/gradients.ts";
export * from "./data/browser.ts";
export {
  decodeSafetensors,
  encodeSafetensors,
  type SafetensorsContent,
} from "./formats/safetensors.ts";
export { array, type DType, type NdArray, toNumbers } from "./graph/array.ts";
export { UserError } from "./graph/errors.ts";
export { createGraph, type Graph, type Tensor } from "./graph/graph.ts";
export { constant, input } from "./graph/inputs.ts";
export { batch, type Dim, type Shape } from "./graph/shape.ts";
export * from "./learn/browser.ts";
export * from "./live/index.ts";
export { createClassifier } from "./models/systems.ts";
export { type MoeOptions, moe } from "./moe/layer.ts";
export { createScope, type Scope } from "./nn/scope.ts";
export { emitModel } from "./onnx/emit.ts";
export { key } from "./random/key.ts";
export * from "./report/browser.ts";
export * from "./runtime/browser.ts";
