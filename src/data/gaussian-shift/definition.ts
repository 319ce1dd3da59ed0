/** The definition of `gaussian-shift`. */
import * as z from "zod";
import { defineDataset } from "../define-dataset.ts";
import { count, root } from "../settings/files.ts";
import { generatedLength } from "../settings/split-spec.ts";
import { classNames, openGaussianShift } from "./gaussian-shift.ts";

/** The definition of the generated points. */
export const gaussianShift = defineDataset({
  name: "gaussian-shift",
  kind: "points",
  title: "Gaussian shift",
  description: "generated points in four dimensions, normal around three means; 3 classes",
  terms: "generated here, free to use",
  splits: { train: 4000, validation: 1000, test: 10_000 },
  classNames,
  files: [],
  generated: true,
  schema: z.strictObject({
    name: z.literal("gaussian-shift").describe("Name of the data set."),
    root,
    train_size: count.describe("Points of the generated splits."),
    validation_size: count.describe("Samples of the validation split."),
    test_size: count.describe("Samples of the test split."),
  }),
  spec: ({ name, ...sizes }, split, seed) => ({
    name,
    split,
    seed,
    ...generatedLength(sizes, split),
  }),
  open: openGaussianShift,
});
