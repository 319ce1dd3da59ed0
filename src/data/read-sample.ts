/** Reads samples of data sets, which plug-ins may define. */
import { UserError } from "../graph/errors.ts";
import { describeGiven } from "../graph/given.ts";
import type { ImageDataset, PointsDataset, TextDataset } from "./dataset.ts";

type Sampled = ImageDataset | TextDataset | PointsDataset;

/**
 * The sample at an index, checked.
 *
 * @throws UserError that names the set, the split and the index if the set fails, or the sample has missing
 * parts, a label without a class, or bytes that do not fit its size
 */
export function readSample<Set extends Sampled>(
  dataset: Set,
  index: number,
): ReturnType<Set["get"]> {
  let sample: unknown;
  try {
    sample = dataset.get(index);
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw wrong(
      dataset,
      index,
      cause instanceof Error ? cause.message : describeGiven(cause),
      cause,
    );
  }
  const problem = problemOf(dataset, sample);
  if (problem !== undefined) throw wrong(dataset, index, problem);
  return sample as ReturnType<Set["get"]>;
}

function wrong(dataset: Sampled, index: number, problem: string, cause?: unknown): UserError {
  const { name, split } = dataset;
  return new UserError(`${name} ${split}, sample ${index}: ${problem}`, { cause });
}

function problemOf(dataset: Sampled, sample: unknown): string | undefined {
  if (typeof sample !== "object" || sample === null || "then" in sample) {
    return `get must return a sample, got ${describeGiven(sample)}`;
  }
  const { label } = sample as { readonly label?: unknown };
  const classes = dataset.classNames.length;
  const isLabel = Number.isInteger(label) && (label as number) >= 0;
  if (!isLabel || (classes > 0 && (label as number) >= classes)) {
    const range = classes > 0 ? `0 to ${classes - 1}, the indices of its classes` : "0 or more";
    return `its label must be a whole number from ${range}, got ${describeGiven(label)}`;
  }
  switch (dataset.kind) {
    case "image":
      return imageProblem(sample);
    case "text": {
      const { text } = sample as { readonly text?: unknown };
      return typeof text === "string" ? undefined : `its text is ${describeGiven(text)}`;
    }
    case "points":
      return pointProblem(sample, dataset.featureNames.length);
  }
}

function imageProblem(sample: object): string | undefined {
  const { image, ...size } = sample as Record<"image" | "height" | "width" | "channels", unknown>;
  for (const key of ["height", "width", "channels"] as const) {
    const value = size[key];
    if (Number.isInteger(value) && (value as number) > 0) continue;
    return `its ${key} must be a whole number above 0, got ${describeGiven(value)}`;
  }
  if (!(image instanceof Uint8Array || image instanceof Uint8ClampedArray)) {
    return `its image must be a Uint8Array, got ${describeGiven(image)}`;
  }
  const { height, width, channels } = size as Record<string, number>;
  const bytes = height! * width! * channels!;
  if (image.length === bytes) return undefined;
  return `its image has ${image.length} bytes, but ${height} x ${width} x ${channels} needs ${bytes}`;
}

function pointProblem(sample: object, width: number): string | undefined {
  const { features } = sample as { readonly features?: ArrayLike<number> };
  if (features?.length === width) return undefined;
  return `its features must be ${width} numbers, got ${features?.length ?? describeGiven(features)}`;
}
