/** Composes transforms from a plain list, which can be part of a recipe or sent to a worker thread. */

import { UserError, usageError } from "../../graph/errors.ts";
import { foldIn, type Key, stream } from "../../random/index.ts";
import type { ImageSample, ImageShape } from "../dataset.ts";
import { type ColorJitterOptions, colorJitter } from "./color-jitter.ts";
import { type HorizontalFlipOptions, horizontalFlip } from "./horizontal-flip.ts";
import type { FloatImage, Transform } from "./image.ts";
import { type NormalizeOptions, normalize } from "./normalize.ts";
import { type RandomCropOptions, randomCrop } from "./random-crop.ts";
import { type RandomErasingOptions, randomErasing } from "./random-erasing.ts";
import { type RandomResizedCropOptions, randomResizedCrop } from "./random-resized-crop.ts";
import { type ResizeOptions, resize } from "./resize.ts";

interface TransformOptions {
  readonly resize: ResizeOptions;
  readonly randomCrop: RandomCropOptions;
  readonly randomResizedCrop: RandomResizedCropOptions;
  readonly horizontalFlip: HorizontalFlipOptions;
  readonly colorJitter: ColorJitterOptions;
  readonly randomErasing: RandomErasingOptions;
  readonly normalize: NormalizeOptions;
}
type TransformName = keyof TransformOptions;

/** One transform: an object whose only key is the name. */
export type TransformSpec = {
  readonly [Name in TransformName]: { readonly [Key in Name]: TransformOptions[Name] };
}[TransformName];

const transforms: {
  readonly [Name in TransformName]: (options: TransformOptions[Name]) => Transform;
} = {
  resize,
  randomCrop,
  randomResizedCrop,
  horizontalFlip,
  colorJitter,
  randomErasing,
  normalize,
};

/** The names of all transforms. */
export const transformNames: readonly TransformName[] = Object.keys(transforms) as TransformName[];

/** Transforms bound to images of one shape. */
export interface Pipeline {
  readonly outputShape: ImageShape;
  /** Whether a transform draws random numbers. */
  readonly isRandom: boolean;
  /** Transforms one image and writes it by channel, row, column to `out`. */
  readonly apply: (sample: ImageSample, key: Key, out: Float32Array) => void;
}

/**
 * Binds a list of transforms to images of a shape; they run in order on values in [0, 1].
 *
 * @throws UserError for invalid transforms, and for images of an unexpected size
 *
 * @example
 * const train = pipeline([{ randomCrop: { padding: 4 } }, { horizontalFlip: {} }], shape);
 */
export function pipeline(specs: readonly TransformSpec[], input: ImageShape): Pipeline {
  const steps = specs.map((spec) => bind(spec, input.channels));
  const outputShape = steps.reduce((shape, step) => step.outputShape(shape), input);
  const { height, width, channels } = outputShape;
  return {
    outputShape,
    isRandom: steps.some(({ isFixed = false }) => !isFixed),
    apply: (sample, key, out) => {
      let image = toFloat(sample);
      steps.forEach((step, position) => {
        image = step.apply(image, stream(foldIn(key, position)));
      });
      if (image.height !== height || image.width !== width || image.channels !== channels) {
        throw new UserError(
          `image ${sample.index} is ${image.height} x ${image.width} x ${image.channels} after its transforms, expected ${height} x ${width} x ${channels}; add resize`,
        );
      }
      toChannelsFirst(image, out);
    },
  };
}

function bind(spec: TransformSpec, channels: number): Transform {
  const names = Object.keys(spec);
  const name = names[0] as TransformName | undefined;
  if (names.length !== 1 || name === undefined || !(name in transforms)) {
    throw usageError(
      `a transform is one of ${transformNames.join(", ")} with its options, got {${names.join(", ")}}`,
    );
  }
  if ("normalize" in spec) checkNormalize(spec.normalize, channels);
  const make = transforms[name] as (options: unknown) => Transform;
  return make((spec as Record<string, unknown>)[name] ?? {});
}

function checkNormalize({ mean, std }: NormalizeOptions, channels: number): void {
  const fits = (list: readonly number[]): boolean => list.length === 1 || list.length === channels;
  if (fits(mean) && fits(std) && std.every((value) => value > 0)) return;
  throw usageError(
    `normalize needs 1 or ${channels} values for mean and the same number of std above 0, got mean [${mean}] and std [${std}]`,
  );
}

function toFloat(sample: ImageSample): FloatImage {
  const { image, height, width, channels } = sample;
  const data = new Float32Array(image.length);
  for (let i = 0; i < data.length; i++) data[i] = image[i]! / 255;
  return { data, height, width, channels };
}

function toChannelsFirst({ data, channels }: FloatImage, out: Float32Array): void {
  const plane = data.length / channels;
  for (let c = 0; c < channels; c++) {
    for (let i = 0, at = c; i < plane; i++, at += channels) out[c * plane + i] = data[at]!;
  }
}
