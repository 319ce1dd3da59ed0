/** Operators on symbolic tensors; each declares its shape rule, its ONNX nodes and its gradient. */
export {
  erf,
  gelu,
  geluTanh,
  leakyRelu,
  normalCdf,
  normalDensity,
  quickGelu,
  relu,
  reluSquared,
  sigmoid,
  silu,
  softplus,
  tanh,
} from "./activation.ts";
export {
  abs,
  add,
  clamp,
  cos,
  div,
  exp,
  log,
  maximum,
  minimum,
  mul,
  neg,
  pow,
  reciprocal,
  sign,
  sin,
  sqrt,
  square,
  sub,
} from "./arithmetic.ts";
export { batchNorm, batchNormWith } from "./batch-norm.ts";
export { boundedAbove } from "./bounded-above.ts";
export {
  cast,
  equal,
  greater,
  greaterOrEqual,
  less,
  lessOrEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  stopGradient,
  where,
} from "./compare.ts";
export { type Conv2dOptions, conv2d } from "./conv.ts";
export { dropout } from "./dropout.ts";
export type { Operand } from "./elementwise.ts";
export { gather, onesLike, scatterAdd, scatterRowsAdd, takeAlong, zerosLike } from "./gather.ts";
export { type Grouping, groupByExpert } from "./group.ts";
export { groupNorm } from "./group-norm.ts";
export { concat, pad, slice, split } from "./join.ts";
export { cosineSimilarity, l2Normalize } from "./l2-normalize.ts";
export { layerNorm } from "./layer-norm.ts";
export { affine, type MatmulOptions, matmul } from "./matmul.ts";
export { oneHot } from "./one-hot.ts";
export { avgPool2d, globalAvgPool2d, maxPool2d, type PoolOptions } from "./pool.ts";
export {
  logSumExp,
  type ReduceOptions,
  reduceAll,
  reduceAny,
  reduceMax,
  reduceMean,
  reduceMin,
  reduceSum,
  sumOfSquares,
  variance,
} from "./reduce.ts";
export { expand, expandAs, reshape, squeeze, transpose, unsqueeze } from "./reshape.ts";
export { rmsNorm } from "./rms-norm.ts";
export { type CumulativeSumOptions, cumulativeSum, flip } from "./scan.ts";
export { logSoftmax, softmax } from "./softmax.ts";
export { arange, repeat, stack, tile } from "./tile.ts";
export { argMax, sort, topK } from "./top-k.ts";
export { causalBias, causalMask, tril, triu } from "./triangle.ts";
export type { Pair } from "./window.ts";
