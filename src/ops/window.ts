/** Sliding windows over images, used by convolution and pooling. */
import type { AttributeValue } from "../graph/graph.ts";

/** A setting for each of the two image axes: [vertical, horizontal]. */
export type Pair = readonly [number, number];

export function pair(value: number | Pair): Pair {
  return typeof value === "number" ? [value, value] : value;
}

/**
 * Number of windows along one axis.
 *
 * @throws RangeError if the window does not fit
 */
export function outputSize(
  size: number,
  kernel: number,
  stride: number,
  padding: number,
  dilation: number,
): number {
  const span = dilation * (kernel - 1) + 1;
  if (stride < 1 || dilation < 1 || padding < 0 || span > size + 2 * padding) {
    throw new RangeError(
      `a window of ${kernel} (stride ${stride}, padding ${padding}, dilation ${dilation}) does not fit ${size} pixels`,
    );
  }
  return Math.floor((size + 2 * padding - span) / stride) + 1;
}

/** The attributes by which ONNX operators describe windows. */
export function windowAttributes(window: {
  readonly kernel?: Pair;
  readonly stride: Pair;
  readonly padding: Pair;
  readonly dilation?: Pair;
}): Record<string, AttributeValue> {
  const { kernel, stride, padding, dilation } = window;
  return {
    ...(kernel && { kernel_shape: kernel }),
    strides: stride,
    pads: [...padding, ...padding],
    ...(dilation && { dilations: dilation }),
  };
}
