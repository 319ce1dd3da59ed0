/** The `data` part of a recipe. */
import * as z from "zod";
import type { CamelCased } from "../config/case.ts";

const fraction = z.number().min(0).max(1);
const range = z.tuple([z.number(), z.number()]);
const size = z.union([z.int().positive(), z.tuple([z.int().positive(), z.int().positive()])]);

const augmentation = z.union([
  z.strictObject({ resize: z.strictObject({ size }) }),
  z.strictObject({
    random_crop: z.strictObject({
      padding: z.int().nonnegative().default(0),
      size: size.optional(),
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

const files = {
  /** Folder with one subfolder per data set. */
  root: z.string().optional(),
  /** Samples set aside from the training split. */
  validation_size: z.int().positive().optional(),
};

const images = {
  /** Applied to training images, in order; evaluation images are only brought to the same size. */
  augment: z.array(augmentation).default([]),
  normalize: z.strictObject({ mean: z.array(z.number()), std: z.array(z.number().positive()) }),
  /** Threads that make batches. */
  workers: z.int().min(0).max(64).default(1),
};

const shapes = z.strictObject({
  name: z.literal("shapes"),
  root: z.string().optional(),
  /** Samples of the generated splits. */
  train_size: z.int().positive().optional(),
  validation_size: z.int().positive().optional(),
  test_size: z.int().positive().optional(),
  /** Side of the images, pixels. */
  image_size: z.int().min(16).max(1024).optional(),
  domains: z
    .array(z.enum(["flat", "outline", "noisy", "inverted"]))
    .nonempty()
    .optional(),
  ...images,
});

const imageFiles = (name: "fashion-mnist" | "mnist") =>
  z.strictObject({ name: z.literal(name), ...files, ...images });

export const dataSchema = z.discriminatedUnion("name", [
  shapes,
  imageFiles("fashion-mnist"),
  imageFiles("mnist"),
]);

export type DataConfig = CamelCased<z.output<typeof dataSchema>>;
