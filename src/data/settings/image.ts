/** Settings of data sets of images: augmentation, normalisation, decoding. */
import * as z from "zod";
import type { ImageShape } from "../dataset.ts";
import { path } from "./files.ts";

const fraction = z.number().min(0).max(1);
const range = z.tuple([z.number(), z.number()]);
const share = z.number().gt(0).max(1);
const size = z.union([z.int().positive(), z.tuple([z.int().positive(), z.int().positive()])]);

const augmentation = z.union([
  z.strictObject({ resize: z.strictObject({ size }) }),
  z.strictObject({
    random_crop: z.strictObject({
      padding: z.int().nonnegative().default(0),
      size: size.optional(),
    }),
  }),
  z.strictObject({
    random_resized_crop: z.strictObject({
      size: size.optional(),
      scale: z.tuple([share, share]).optional(),
      ratio: z.tuple([z.number().positive(), z.number().positive()]).optional(),
    }),
  }),
  z.strictObject({ horizontal_flip: z.strictObject({ p: fraction.default(0.5) }) }),
  z.strictObject({
    color_jitter: z.strictObject({
      brightness: z.number().nonnegative().default(0),
      contrast: z.number().nonnegative().default(0),
      saturation: z.number().nonnegative().default(0),
    }),
  }),
  z.strictObject({
    random_erasing: z.strictObject({
      p: fraction.default(0.5),
      scale: range.optional(),
      ratio: range.optional(),
      value: z.number().optional(),
    }),
  }),
]);

/** Keys of every set of images. */
export const imageKeys = {
  /** Applied to training images, in order; evaluation images are only resized. */
  augment: z.array(augmentation).default([]),
  normalize: z.strictObject({ mean: z.array(z.number()), std: z.array(z.number().positive()) }),
  /** Threads that make batches. */
  workers: z.int().min(0).max(64).default(1),
};

/** Keys of sets whose pictures are decoded. */
export const pictureKeys = {
  /** Side of the square to which pictures are resized, pixels. */
  size: z.int().positive().max(4096).optional(),
  /** How pictures become squares: by squashing them, by cutting out the middle, or with black edges. */
  resize: z.enum(["squash", "cover", "contain"]).default("squash"),
  /** 3 for red, green and blue, 1 for grey. */
  channels: z.union([z.literal(1), z.literal(3)]).default(3),
  /** What to do at a picture that cannot be decoded: stop, or skip it and report it. */
  on_broken: z.enum(["stop", "skip"]).default("stop"),
};

/** Keys of own pictures in a folder. */
export const folderKeys = {
  folder: path,
  /** Whether links to files and folders outside of the folder are followed. */
  follow_links: z.boolean().default(true),
};

/** The shape of pictures that are resized to squares of `size` pixels, if they are. */
export function squareImages({
  size,
  channels,
}: {
  readonly size?: number | undefined;
  readonly channels: 1 | 3;
}): { imageShape?: ImageShape } {
  return size === undefined ? {} : { imageShape: { height: size, width: size, channels } };
}
