/** The data sets that recipes can name. */

import { didYouMean } from "../config/nearest.ts";
import { createRegistry, type Registry } from "../config/registry.ts";
import { usageError } from "../graph/errors.ts";
import type { DatasetDefinition } from "./define-dataset.ts";
import type { ResourceDescription } from "./description.ts";
import { fashionMnist, mnist } from "./fashion-mnist/fashion-mnist.ts";
import { gaussianShift } from "./gaussian-shift/definition.ts";
import { captionedImages } from "./images/captioned/captioned-images.ts";
import { cifar10 } from "./images/cifar10.ts";
import { flickr8k } from "./images/flickr8k.ts";
import { imageFolder } from "./images/image-folder.ts";
import { labelledImages } from "./images/labelled-images.ts";
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
  labelledImages,
  captionedImages,
  sst2,
  agNews,
  tinyshakespeare,
  textFile,
  labelledText,
] as const;

type BuiltIn = (typeof builtIn)[number];

/** A plain description of a split of a built-in set, sufficient for a worker thread to open it. */
export type DatasetSpec = Parameters<BuiltIn["open"]>[0];

/** The schema of the settings of any built-in set. */
export type DatasetSchema = BuiltIn["schema"];

/** The kind of set that a description opens. */
export type DatasetOf<Spec extends DatasetSpec> = Awaited<
  ReturnType<Extract<BuiltIn, { name: Spec["name"] }>["open"]>
>;

/** All data sets; plug-ins add theirs. */
export const datasets: Registry<DatasetDefinition> = createRegistry<DatasetDefinition>(
  "data set",
  builtIn,
);

/** All entries of `moesaic data`: the data sets, and the vocabulary of CLIP's tokenizer. */
export function listResources(): readonly ResourceDescription[] {
  return [...datasets.list(), clipBpe];
}

/**
 * The data set or vocabulary with a name.
 *
 * @throws UserError (exit code 2) if nothing has this name
 */
export function getResource(name: string): ResourceDescription {
  const resources = listResources();
  const found = resources.find((resource) => resource.name === name);
  if (found !== undefined) return found;
  const names = resources.map((resource) => resource.name);
  const hint = didYouMean(name, names) || `; known: ${names.join(", ")}`;
  throw usageError(`unknown data set ${name}${hint}`);
}
