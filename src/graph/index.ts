/** Symbolic tensors, shapes, plain arrays, and the graph that tracing builds. */
export {
  allocate,
  array,
  bytesPerElement,
  type DType,
  elementCount,
  type NdArray,
  type Nested,
  type TypedArray,
  toNumbers,
  view,
} from "./array.ts";
export { type Defined, defined } from "./defined.ts";
export { UserError, usageError } from "./errors.ts";
export {
  type AttributeValue,
  addNode,
  type Backward,
  createGraph,
  defineOp,
  type Emission,
  type Emitter,
  type Graph,
  type Node,
  type Op,
  type Phase,
  type Tensor,
  type TensorSpec,
} from "./graph.ts";
export { constant, type InputRole, input } from "./inputs.ts";
export {
  batch,
  broadcastShapes,
  type Dim,
  divideDim,
  formatShape,
  type Multiple,
  product,
  type Shape,
  sameShape,
  symbolic,
} from "./shape.ts";
