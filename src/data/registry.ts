/** The data sets that recipes can name. */

import type * as z from "zod";
import { createRegistry, type Registry, registrySchema } from "../config/registry.ts";
import type { DatasetDefinition } from "./define-dataset.ts";
import type { ResourceDescription } from "./description.ts";
import { fashionMnist, mnist } from "./fashion-mnist/fashion-mnist.ts";
import { gaussianShift } from "./gaussian-shift/definition.ts";
import { captionedImages } from "./images/captioned/captioned-images.ts";
import { cifar10 } from "./images/cifar10.ts";
import { flickr8k } from "./images/flickr8k.ts";
import { imageFolder } from "./images/image-folder.ts";
import { pacs } from "./images/pacs.ts";
import {
  coloredFashionMnist,
  coloredMnist,
  rotatedFashionMnist,
  rotatedMnist,
} from "./mnist-domains/definitions.ts";
import { shapes } from "./shapes/definition.ts";
import { agNews } from "./text/ag-news.ts";
import { labelledText } from "./text/labelled.ts";
import { sst2 } from "./text/sst2.ts";
import { textFile, tinyshakespeare } from "./text/stream.ts";
import { clipBpe } from "./tokenizers/clip-bpe.ts";

const builtIn = [
  shapes,
  gaussianShift,
  fashionMnist,
  mnist,
  rotatedMnist,
  rotatedFashionMnist,
  coloredMnist,
  coloredFashionMnist,
  cifar10,
  flickr8k,
  pacs,
  imageFolder,
  captionedImages,
  sst2,
  agNews,
  tinyshakespeare,
  textFile,
  labelledText,
] as const;

type BuiltIn = (typeof builtIn)[number];

/** A plain description of a split of a built-in set: everything a worker thread needs to open it. */
export type DatasetSpec = Parameters<BuiltIn["open"]>[0];

/** The kind of set that a description opens. */
export type DatasetOf<Spec extends DatasetSpec> = Awaited<
  ReturnType<Extract<BuiltIn, { name: Spec["name"] }>["open"]>
>;

/** All data sets; plug-ins add theirs. */
export const datasets: Registry<DatasetDefinition> = createRegistry<DatasetDefinition>(
  "data set",
  builtIn,
);

type Schema = BuiltIn["schema"];

/** The `data` part of a recipe: one form for each data set. */
export const datasetSchema = registrySchema(datasets, "name") as unknown as z.ZodType<
  z.output<Schema>,
  z.input<Schema>
>;

/** Everything that `moesaic data` lists: the data sets, and the vocabulary of CLIP's tokenizer. */
export function listResources(): readonly ResourceDescription[] {
  return [...datasets.list(), clipBpe];
}

/**
 * The data set or vocabulary of a name.
 *
 * @throws UserError (exit code 2) if nothing has this name
 */
export function getResource(name: string): ResourceDescription {
  return name === clipBpe.name ? clipBpe : datasets.get(name);
}
