/** Image transforms on typed arrays; H, W, C are height, width and channels. */

export type { FloatImage, Transform } from "./image.ts";
export { type Pipeline, pipeline, type TransformSpec, transformNames } from "./pipeline.ts";
export { resizeTo } from "./resize.ts";
export { type ByteImage, type FitMode, fitBytes, resizeBytes } from "./resize-bytes.ts";
