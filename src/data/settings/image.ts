/** Settings of data sets of images: augmentation, normalisation, decoding. */
import * as z from "zod";
import type { ImageShape } from "../dataset.ts";
import { path } from "./files.ts";

const fraction = z.number().min(0).max(1);
const range = z.tuple([z.number(), z.number()]);
const share = z.number().gt(0).max(1);
const size = z.union([z.int().positive(), z.tuple([z.int().positive(), z.int().positive()])]);

const augmentation = z.union([
  z.strictObject({
    resize: z
      .strictObject({ size: size.describe("Side of the square, or height and width, pixels.") })
      .describe("Resizes the images."),
  }),
  z.strictObject({
    random_crop: z
      .strictObject({
        padding: z
          .int()
          .nonnegative()
          .default(0)
          .describe("Pixels added at each side before the crop."),
        size: size.optional().describe("Side of the square, or height and width, pixels."),
      })
      .describe("Cuts out a square at a random place."),
  }),
  z.strictObject({
    random_resized_crop: z
      .strictObject({
        size: size.optional().describe("Side of the square, or height and width, pixels."),
        scale: z
          .tuple([share, share])
          .optional()
          .describe("Range of the area as a fraction of the image."),
        ratio: z
          .tuple([z.number().positive(), z.number().positive()])
          .optional()
          .describe("Range of the ratio of width to height."),
      })
      .describe("Cuts out a random part and resizes it."),
  }),
  z.strictObject({
    horizontal_flip: z
      .strictObject({ p: fraction.default(0.5).describe("Probability, 0 to 1.") })
      .describe("Flips the image left to right at random."),
  }),
  z.strictObject({
    color_jitter: z
      .strictObject({
        brightness: z
          .number()
          .nonnegative()
          .default(0)
          .describe("Largest relative change of brightness."),
        contrast: z
          .number()
          .nonnegative()
          .default(0)
          .describe("Largest relative change of contrast."),
        saturation: z
          .number()
          .nonnegative()
          .default(0)
          .describe("Largest relative change of saturation."),
      })
      .describe("Changes the colours at random."),
  }),
  z.strictObject({
    random_erasing: z
      .strictObject({
        p: fraction.default(0.5).describe("Probability, 0 to 1."),
        scale: range.optional().describe("Range of the area as a fraction of the image."),
        ratio: range.optional().describe("Range of the ratio of width to height."),
        value: z.number().optional().describe("Value of erased pixels."),
      })
      .describe("Erases a random rectangle."),
  }),
]);

/** Keys of every set of images. */
export const imageKeys = {
  augment: z
    .array(augmentation)
    .default([])
    .describe("Applied to training images, in order; evaluation images are only resized."),
  normalize: z
    .strictObject({
      mean: z.array(z.number()).describe("Mean of each channel, 0 to 1."),
      std: z.array(z.number().positive()).describe("Standard deviation of each channel, 0 to 1."),
    })
    .describe("Mean and standard deviation of the channels, which become 0 and 1."),
  workers: z.int().min(0).max(64).default(1).describe("Threads that make batches."),
};

/** Keys of sets whose pictures are decoded. */
export const pictureKeys = {
  size: z
    .int()
    .positive()
    .max(4096)
    .optional()
    .describe("Side of the square to which pictures are resized, pixels."),
  resize: z
    .enum(["squash", "cover", "contain"])
    .default("squash")
    .describe(
      "How pictures become squares: by squashing them, by cutting out the middle, or with black edges.",
    ),
  channels: z
    .union([z.literal(1), z.literal(3)])
    .default(3)
    .describe("3 for red, green and blue, 1 for grey."),
  on_broken: z
    .enum(["stop", "skip"])
    .default("stop")
    .describe("What to do at a picture that cannot be decoded: stop, or skip it and report it."),
};

/** Keys of own pictures in a folder. */
export const folderKeys = {
  folder: path.describe("Folder of the data."),
  follow_links: z
    .boolean()
    .default(true)
    .describe("Whether links to files and folders outside of the folder are followed."),
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
