/** Flickr8k: photos with five captions each, from Parquet files. */

import { join } from "node:path";
import type { ImageDataset } from "../dataset.ts";
import { dataRoot } from "../read-gzipped.ts";
import { flickr8k } from "./descriptions.ts";
import { sceneNames, sceneOf } from "./scenes.ts";
import { openShards } from "./shards.ts";
import type { Flickr8kSpec } from "./specs.ts";
import { type EncodedSample, type StoreHooks, storeImages } from "./store.ts";

const columns = {
  "image.bytes": "bytes",
  caption_0: "string",
  caption_1: "string",
  caption_2: "string",
  caption_3: "string",
  caption_4: "string",
} as const;

/**
 * Opens a split of Flickr8k. Photos of several sizes need `size`, to which all are squeezed.
 *
 * With `labels: "scenes"` the label is `sceneOf` the five captions, and "people" where they say
 * nothing of a scene; such a label is not independent of the captions.
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
  const shards = await openShards(folder, split, columns, { maxRows: 1e5, hint: flickr8k.place });
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
