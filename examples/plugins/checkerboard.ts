/** A custom data set: 16 x 16 checkerboards, whose class is the size of their squares. */
import { defineDataset, type ImageDataset, imageKeys, type Split } from "moesaic/data";
import * as z from "zod";

/** A plain description of a split, which worker threads receive. */
export interface CheckerboardSpec {
  readonly name: "checkerboard";
  readonly split: Split;
  readonly length: number;
}

const imageShape = { height: 16, width: 16, channels: 1 } as const;

function openCheckerboard({ name, split, length }: CheckerboardSpec): ImageDataset {
  return {
    kind: "image",
    name,
    split,
    length,
    classNames: ["fine", "coarse"],
    imageShape,
    get(index) {
      const label = index % 2;
      const square = label === 0 ? 2 : 4;
      const shift = Math.floor(index / 2) % square; // every image has a different offset
      const image = Uint8Array.from({ length: 256 }, (_, pixel) => {
        const [row, column] = [Math.floor(pixel / 16) + shift, (pixel % 16) + shift];
        return (Math.floor(row / square) + Math.floor(column / square)) % 2 === 0 ? 255 : 0;
      });
      return { ...imageShape, image, label, index };
    },
  };
}

export const checkerboard = defineDataset({
  name: "checkerboard",
  kind: "image",
  title: "Checkerboard",
  description: "16 x 16 grey checkerboards; 2 classes",
  terms: "generated here, free to use",
  splits: {},
  classNames: ["fine", "coarse"],
  files: [],
  generated: true,
  schema: z.strictObject({
    name: z.literal("checkerboard"),
    length: z.int().positive().default(256),
    ...imageKeys,
  }),
  spec: ({ name, length }, split) => ({ name, split, length }),
  open: openCheckerboard,
});
