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
    name: z.literal("gaussian-shift"),
    root,
    /** Points of the generated splits. */
    train_size: count,
    validation_size: count,
    test_size: count,
  }),
  spec: ({ name, ...sizes }, split, seed) => ({
    name,
    split,
    seed,
    ...generatedLength(sizes, split),
  }),
  open: openGaussianShift,
});
