/** Opens a data set from its plain description. */

import { usageError } from "../graph/errors.ts";
import type { Dataset, DatasetOf, DatasetSpec } from "./dataset.ts";
import { openFashionMnist } from "./fashion-mnist/fashion-mnist.ts";
import { openGaussianShift } from "./gaussian-shift/gaussian-shift.ts";
import {
  openCaptionedImages,
  openCifar10,
  openFlickr8k,
  openImageFolder,
  openPacs,
  type StoreHooks,
} from "./images/index.ts";
import { openMnistDomains } from "./mnist-domains/index.ts";
import { datasets } from "./registry.ts";
import { openShapes } from "./shapes/index.ts";
import {
  openAgNews,
  openLabelledText,
  openShakespeare,
  openSst2,
  openTextStream,
} from "./text/index.ts";

const splits = ["train", "validation", "test"] as const;

/**
 * Opens a split of a data set, reading its files if it has any.
 *
 * @example
 * const set = await openDataset({ name: "fashion-mnist", split: "train", root: "data" });
 */
export async function openDataset<Spec extends DatasetSpec>(
  spec: Spec,
  hooks: StoreHooks = {},
): Promise<DatasetOf<Spec>> {
  return (await open(spec, hooks)) as DatasetOf<Spec>;
}

async function open(spec: DatasetSpec, hooks: StoreHooks): Promise<Dataset> {
  if (!splits.includes(spec.split)) {
    throw usageError(`unknown split "${spec.split}"; known are ${splits.join(", ")}`);
  }
  switch (spec.name) {
    case "shapes":
      return openShapes(spec);
    case "gaussian-shift":
      return openGaussianShift(spec);
    case "fashion-mnist":
    case "mnist":
      return openFashionMnist(spec);
    case "rotated-mnist":
    case "rotated-fashion-mnist":
    case "colored-mnist":
    case "colored-fashion-mnist":
      return openMnistDomains(spec);
    case "cifar10":
      return openCifar10(spec, hooks);
    case "flickr8k":
      return openFlickr8k(spec, hooks);
    case "pacs":
      return openPacs(spec, hooks);
    case "image-folder":
      return openImageFolder(spec, hooks);
    case "captioned-images":
      return openCaptionedImages(spec, hooks);
    case "sst2":
      return openSst2(spec);
    case "ag_news":
      return openAgNews(spec);
    case "labelled-text":
      return openLabelledText(spec);
    case "tinyshakespeare":
      return openShakespeare(spec);
    case "text-file":
      return openTextStream(spec);
    default: {
      const { name } = spec as { name: string };
      const known = Object.keys(datasets).join(", ");
      throw usageError(`unknown data set "${name}"; known are ${known}`);
    }
  }
}
