/** Differentiation of graphs. */
export { blockSegments, type SegmentOf } from "./checkpoint.ts";
export { type GradientOptions, gradients } from "./gradients.ts";
