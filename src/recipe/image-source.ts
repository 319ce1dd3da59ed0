/** Images for the model of a run: its own splits, other data sets, folders and files. */
import { existsSync, statSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { DatasetSpec, ImageDataset, ImageShape, Split } from "../data/dataset.ts";
import { openPictureFolder, openPictures } from "../data/images/picture-folder.ts";
import type { StoreHooks } from "../data/images/store.ts";
import { openDataset } from "../data/open-dataset.ts";
import { pipeline, type TransformSpec } from "../data/transforms/index.ts";
import { usageError } from "../graph/errors.ts";
import type { TrainConfig } from "./config.ts";
import { datasetSpec, transformSpecs } from "./data-specs.ts";

export interface SplitRequest {
  readonly split: Split;
  /** Name of a data set, or a folder with a folder of pictures for each class; default the run's. */
  readonly data?: string;
  /** Whether classes are needed; Flickr8k then derives its scenes. */
  readonly classes?: boolean;
  /** At a picture that cannot be decoded; by default what the run's data says, and "skip" of others. */
  readonly onBroken?: "stop" | "skip";
}

/** Which images: a split of the run's data or of others, all in a folder, or one file. */
export type ImageRequest =
  | SplitRequest
  | { readonly folder: string; readonly onBroken?: "stop" | "skip" }
  | { readonly file: string };

/** Images and what brings them to the model. */
export interface ImageSource {
  readonly dataset: ImageDataset;
  readonly transforms: readonly TransformSpec[];
  /** Where each picture lies, if they were named by a folder or a file. */
  readonly paths?: readonly string[];
}

/** Known sizes of images that are never resized when they are read. */
const sides: Readonly<Record<string, ImageShape>> = {
  shapes: { height: 32, width: 32, channels: 3 },
  cifar10: { height: 32, width: 32, channels: 3 },
  mnist: { height: 28, width: 28, channels: 1 },
  "fashion-mnist": { height: 28, width: 28, channels: 1 },
};

/** The shape of a run's images as they are read, before any transform. */
export async function readShape({ data, seed }: TrainConfig): Promise<ImageShape> {
  const side = "size" in data ? data.size : "imageSize" in data ? data.imageSize : undefined;
  if (side !== undefined) return { height: side, width: side, channels: 3 };
  const known = sides[data.name];
  if (known !== undefined) return known;
  // All pictures have one size; the smallest split tells it.
  const dataset = await openDataset(datasetSpec(data, "validation", seed));
  return (dataset as ImageDataset).imageShape;
}

/** The shape of what the model sees, `[C, H, W]`, of images of `read` shape. */
export function modelShape({ data }: TrainConfig, read: ImageShape): [number, number, number] {
  const { channels, height, width } = pipeline(transformSpecs(data, false), read).outputShape;
  return [channels, height, width];
}

/**
 * Opens images for a run's model: read as its own were, and transformed as in evaluation.
 *
 * @param read from `readShape`
 * @throws UserError (exit code 2) for what is no set of images, or one of other channels
 */
export async function openImages(
  config: TrainConfig,
  read: ImageShape,
  request: ImageRequest,
  hooks: StoreHooks = {},
): Promise<ImageSource> {
  const { paths, dataset } = await openSet(config, read, request, hooks);
  const { height, width, channels } = dataset.imageShape;
  if (channels !== read.channels) {
    throw usageError(
      `${dataset.name} has images of ${channels} channels, and the model reads ${read.channels}; choose another set`,
    );
  }
  const fits = height === read.height && width === read.width;
  const resize: TransformSpec[] = fits ? [] : [{ resize: { size: [read.height, read.width] } }];
  const transforms = [...resize, ...transformSpecs(config.data, false)];
  return { dataset, transforms, ...(paths && { paths }) };
}

async function openSet(
  config: TrainConfig,
  read: ImageShape,
  request: ImageRequest,
  hooks: StoreHooks,
): Promise<{ dataset: ImageDataset; paths?: readonly string[] }> {
  const size = Math.max(read.height, read.width);
  const channels = read.channels as 1 | 3;
  if ("folder" in request) {
    const { folder, onBroken = "skip" } = request;
    return openPictureFolder(folder, { size, channels, onBroken }, hooks);
  }
  if ("file" in request) {
    const { file } = request;
    if (!existsSync(file)) {
      throw usageError(`there is no picture ${file}; name one that is there`);
    }
    return openPictures(dirname(file), [basename(file)], { size, channels }, hooks);
  }
  const dataset = await openDataset(specOf(config, read, request), hooks);
  if (dataset.kind === "image") return { dataset };
  throw usageError(`${dataset.name} is no set of images; choose another`);
}

function specOf(
  { data, seed }: TrainConfig,
  read: ImageShape,
  { data: name = data.name, split, classes, onBroken: wanted }: SplitRequest,
): DatasetSpec {
  const size = Math.max(read.height, read.width);
  if (name === data.name) {
    const own = datasetSpec(data, split, seed);
    return {
      ...own,
      ...(own.name === "flickr8k" && classes && { labels: "scenes" }),
      ...("onBroken" in own && wanted && { onBroken: wanted }),
    } as DatasetSpec;
  }
  const onBroken = wanted ?? "skip";
  const root = "root" in data && data.root !== undefined ? { root: data.root } : {};
  switch (name) {
    case "shapes":
      return { name, split, seed, ...(size >= 16 && size <= 1024 && { size }) };
    case "mnist":
    case "fashion-mnist":
      return { name, split, ...root };
    case "cifar10":
      return { name, split, ...root, onBroken };
    case "pacs":
      return { name, split, ...root, size, onBroken };
    case "flickr8k":
      return { name, split, ...root, size, onBroken, ...(classes && { labels: "scenes" }) };
    default:
      if (existsSync(name) && statSync(name).isDirectory()) {
        const channels = read.channels as 1 | 3;
        return { name: "image-folder", split, folder: name, size, channels, onBroken };
      }
      throw usageError(
        `"${name}" is no folder and no set of images that is known: shapes, mnist, fashion-mnist, cifar10, pacs, flickr8k`,
      );
  }
}
