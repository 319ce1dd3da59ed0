/** A plug-in: a module that adds a custom data set. */
import * as z from "zod";
import type { ImageDataset, Split } from "./dataset.ts";
import { defineDataset } from "./define-dataset.ts";
import { datasets } from "./registry.ts";
import { imageKeys } from "./settings/image.ts";

interface StripesSpec {
  readonly name: "stripes";
  readonly split: Split;
  readonly size: number;
}

/** Images of 4 x 4 pixels; label 0 has bright rows, label 1 bright columns. */
function openStripes({ name, split, size: length }: StripesSpec): ImageDataset {
  const imageShape = { height: 4, width: 4, channels: 1 } as const;
  return {
    kind: "image",
    name,
    split,
    length,
    classNames: ["rows", "columns"],
    imageShape,
    get(index) {
      const label = index % 2;
      const image = Uint8Array.from({ length: 16 }, (_, pixel) => {
        const line = label === 0 ? Math.floor(pixel / 4) : pixel % 4;
        return line % 2 === 0 ? 255 : index;
      });
      return { ...imageShape, image, label, index };
    },
  };
}

export const stripes = defineDataset({
  name: "stripes",
  kind: "image",
  title: "Stripes",
  description: "4 x 4 grey images of rows or columns; 2 classes",
  terms: "generated here, free to use",
  splits: {},
  classNames: ["rows", "columns"],
  files: [],
  generated: true,
  schema: z.strictObject({
    name: z.literal("stripes"),
    size: z.int().positive().default(20),
    ...imageKeys,
  }),
  spec: ({ name, size }, split) => ({ name, split, size }),
  open: openStripes,
});

datasets.add(stripes);
