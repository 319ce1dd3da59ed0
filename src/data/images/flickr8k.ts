/** Flickr8k: photos with five captions each, from Parquet files. */

import { join } from "node:path";
import * as z from "zod";
import { defined } from "../../graph/defined.ts";
import type { ImageDataset, Split } from "../dataset.ts";
import { defineDataset } from "../define-dataset.ts";
import { dataRoot } from "../read-gzipped.ts";
import { root } from "../settings/files.ts";
import { imageKeys, pictureKeys, squareImages } from "../settings/image.ts";
import { splitSpec } from "../settings/split-spec.ts";
import { captionKeys } from "../settings/text.ts";
import { openShards } from "../shards.ts";
import { sceneNames, sceneOf } from "./scenes.ts";
import { type EncodedSample, type StoreHooks, type StoreOptions, storeImages } from "./store.ts";

/** Flickr8k in `<root>/flickr8k/`. */
export interface Flickr8kSpec
  extends Pick<StoreOptions, "size" | "resize" | "channels" | "onBroken"> {
  readonly name: "flickr8k";
  readonly split: Split;
  /** Folder with one subfolder per data set; by default `MOESAIC_DATA` or `~/.cache/moesaic/data`. */
  readonly root?: string;
  /** "none" (the default) leaves the set without classes; "scenes" derives eight from the captions. */
  readonly labels?: "none" | "scenes";
}

const place =
  "put the Parquet files of jxie/flickr8k on the Hugging Face hub into flickr8k/ within the data root";

const columns = {
  "image.bytes": "bytes",
  caption_0: "string",
  caption_1: "string",
  caption_2: "string",
  caption_3: "string",
  caption_4: "string",
} as const;

/**
 * Opens a split of Flickr8k. Photos differ in size, so `size` is required; all are resized to it
 * without keeping their aspect ratio.
 *
 * With `labels: "scenes"` the label is `sceneOf` the five captions, or "people" if they mention no
 * scene; the label therefore depends on the captions.
 *
 * @example
 * const set = await openFlickr8k({ name: "flickr8k", split: "test", size: 64 });
 * set.get(0).captions // five sentences
 */
export async function openFlickr8k(
  spec: Flickr8kSpec,
  hooks: StoreHooks = {},
): Promise<ImageDataset> {
  const { name, split, labels = "none" } = spec;
  const folder = join(dataRoot(spec.root), name);
  const shards = await openShards(folder, split, columns, { maxRows: 1e5, hint: place });
  async function* samples(): AsyncGenerator<EncodedSample> {
    for await (const { row, source } of shards.rows()) {
      const captions = [0, 1, 2, 3, 4].map((i) => row[`caption_${i}` as "caption_0"].trim());
      const scene = labels === "scenes" ? sceneOf(captions) : undefined;
      const label = labels === "scenes" ? sceneNames.indexOf(scene ?? "people") : 0;
      yield { source, label, captions, read: () => row["image.bytes"] };
    }
  }
  const classNames = labels === "scenes" ? sceneNames : [];
  const encoded = { name, split, classNames, length: shards.numRows, samples: samples() };
  return storeImages(encoded, spec, hooks);
}

/** The definition of Flickr8k. */
export const flickr8k = defineDataset({
  name: "flickr8k",
  kind: "image",
  title: "Flickr8k",
  description: "photos of people and animals in action, five captions each",
  terms: "non-commercial research and education",
  homepage: "https://hockenmaier.cs.illinois.edu/8k-pictures.html",
  splits: { train: 6000, validation: 1000, test: 1000 },
  classNames: [],
  templates: ["a photo of {}", "a picture that shows {}", "{}"],
  classesSetting: "data.labels to scenes",
  files: [],
  place,
  schema: z.strictObject({
    name: z.literal("flickr8k").describe("Name of the data set."),
    root,
    labels: z
      .enum(["none", "scenes"])
      .default("none")
      .describe("Classes derived from the captions, or none."),
    ...captionKeys,
    ...pictureKeys,
    ...imageKeys,
  }),
  spec: splitSpec,
  open: openFlickr8k,
  describe: ({ labels, ...settings }) => ({
    classNames: labels === "scenes" ? sceneNames : [],
    captions: true,
    ...squareImages(settings),
  }),
  optionsForModel: ({ root, size, resize, onBroken }) => ({
    size,
    resize,
    onBroken,
    ...defined({ root }),
  }),
  classOptions: { labels: "scenes" },
});
