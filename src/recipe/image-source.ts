/** Images for the model of a run: from its splits, other data sets, folders or files. */
import { existsSync, statSync } from "node:fs";
import { basename, dirname } from "node:path";
import { unreported } from "../data/data-notes.ts";
import type { ImageDataset, ImageShape, Split } from "../data/dataset.ts";
import { openPictureFolder, openPictures } from "../data/images/picture-folder.ts";
import type { StoreHooks } from "../data/images/store.ts";
import { openDataset } from "../data/open-dataset.ts";
import { type DatasetSpec, datasets } from "../data/registry.ts";
import { type FitMode, pipeline, type TransformSpec } from "../data/transforms/index.ts";
import { usageError } from "../graph/errors.ts";
import type { TrainConfig } from "./config.ts";
import { datasetSpec, knownProperties, transformSpecs } from "./data-specs.ts";
import { rootOf } from "./tokenizer.ts";

export interface SplitRequest {
  readonly split: Split;
  /**
   * Name of a data set, or a folder with one folder of pictures per class. Default: the run's data
   * set.
   */
  readonly data?: string;
  /** Whether classes are needed; if so, Flickr8k derives them from its captions. */
  readonly classes?: boolean;
  /** Handling of pictures that cannot be decoded. Default: the run's setting, "skip" for other data. */
  readonly onBroken?: "stop" | "skip";
}

/** A request for images: a split of the run's data or of other data, a folder, or one file. */
export type ImageRequest =
  | SplitRequest
  | { readonly folder: string; readonly onBroken?: "stop" | "skip" }
  | { readonly file: string };

/** Images, and transforms to the input shape of the model. */
export interface ImageSource {
  readonly dataset: ImageDataset;
  readonly transforms: readonly TransformSpec[];
  /** The path of each picture; present for folders and files. */
  readonly paths?: readonly string[];
}

/** The shape of a run's images before all transforms. */
export async function readShape({ data, seed }: TrainConfig): Promise<ImageShape> {
  const known = knownProperties(data).imageShape;
  if (known !== undefined) return known;
  // All pictures have one size, so the smallest split is sufficient.
  const dataset = await openDataset(datasetSpec(data, "validation", seed), unreported);
  return (dataset as ImageDataset).imageShape;
}

/** The input shape of the model, `[C, H, W]`, for images of the shape `read`. */
export function modelShape({ data }: TrainConfig, read: ImageShape): [number, number, number] {
  const { channels, height, width } = pipeline(transformSpecs(data, false), read).outputShape;
  return [channels, height, width];
}

/**
 * Opens images for a run's model, and transforms them as in its evaluation.
 *
 * @param read from `readShape`
 * @throws UserError (exit code 2) if the data are not images or have another number of channels
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
      `${dataset.name} has images of ${channels} channels, but the model reads ${read.channels}; choose another set`,
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
  const resize = resizeOf(config);
  if ("folder" in request) {
    const { folder, onBroken = "skip" } = request;
    return openPictureFolder(folder, { size, resize, channels, onBroken }, hooks);
  }
  if ("file" in request) {
    const { file } = request;
    if (!existsSync(file)) {
      throw usageError(`there is no picture ${file}; correct the path`);
    }
    return openPictures(dirname(file), [basename(file)], { size, resize, channels }, hooks);
  }
  const dataset = await openDataset(specOf(config, read, request), hooks);
  if (dataset.kind === "image") return { dataset };
  throw usageError(`${dataset.name} is not a set of images; choose another`);
}

/** How the run brings its pictures to squares; other pictures are read alike. */
export function resizeOf({ data }: Pick<TrainConfig, "data">): FitMode {
  return "resize" in data ? data.resize : "squash";
}

function specOf(
  { data, seed }: TrainConfig,
  read: ImageShape,
  { data: name = data.name, split, classes, onBroken: wanted }: SplitRequest,
): DatasetSpec {
  const definition = datasets.find(name);
  const labels = classes ? definition?.classOptions : {};
  if (name === data.name) {
    const own = datasetSpec(data, split, seed);
    return { ...own, ...labels, ...("onBroken" in own && wanted && { onBroken: wanted }) };
  }
  const onBroken = wanted ?? "skip";
  const size = Math.max(read.height, read.width);
  const resize = resizeOf({ data });
  if (definition?.optionsForModel !== undefined) {
    const options = definition.optionsForModel({ ...rootOf(data), seed, size, resize, onBroken });
    return { ...options, ...labels, name, split } as DatasetSpec;
  }
  if (existsSync(name) && statSync(name).isDirectory()) {
    const channels = read.channels as 1 | 3;
    return { name: "image-folder", split, folder: name, size, resize, channels, onBroken };
  }
  const known = datasets.list().filter(({ optionsForModel }) => optionsForModel !== undefined);
  throw usageError(
    `"${name}" is neither a folder nor a set of images without required settings; such sets are ${known.map((one) => one.name).join(", ")}`,
  );
}
