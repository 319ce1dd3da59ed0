/** The data sets known by name: what they are, under which terms, and where their files come from. */

import type { DatasetSpec, Split } from "./dataset.ts";
import { captionedImages, cifar10, flickr8k, imageFolder, pacs } from "./images/descriptions.ts";
import { shapeNames } from "./shapes/spec.ts";
import { agNews, labelledText, sst2, textFile, tinyshakespeare } from "./text/descriptions.ts";
import { clipBpe } from "./tokenizers/descriptions.ts";

/** A file of the publisher, with the checksum that the publisher states. */
export interface RemoteFile {
  readonly name: string;
  readonly url: string;
  readonly bytes: number;
  readonly md5: string;
}

export interface DatasetDescription {
  readonly title: string;
  readonly description: string;
  readonly terms: string;
  readonly homepage?: string;
  /** Samples in each of the publisher's splits; validation is carved from train. */
  readonly splits: Readonly<Partial<Record<Split, number>>>;
  readonly classNames: readonly string[];
  /** What is downloaded; empty for a set that is generated, or that users put in place. */
  readonly files: readonly RemoteFile[];
  /** What users do to put the files in place, where they are not downloaded. */
  readonly place?: string;
}

type IdxFile = readonly [name: string, bytes: number, md5: string];

function idxFiles(base: string, files: readonly IdxFile[]): RemoteFile[] {
  return files.map(([name, bytes, md5]) => ({ name, url: `${base}/${name}`, bytes, md5 }));
}

function mnistDomain(
  title: string,
  source: "mnist" | "fashion-mnist",
  kind: "rotated" | "colored",
): DatasetDescription {
  const kinds = {
    rotated: "turned by 0 to 75 degrees, six domains; 10 classes",
    colored: "coloured as its label in 90, 80 and 10 % of cases, three domains; 2 classes",
  };
  return {
    title,
    description: `${source === "mnist" ? "MNIST" : "Fashion-MNIST"} ${kinds[kind]}`,
    terms: source === "mnist" ? "CC BY-SA 3.0" : "MIT",
    homepage: "https://github.com/facebookresearch/DomainBed",
    splits: { train: 70_000 },
    classNames: [],
    files: [],
    place: `run "moesaic data get ${source}": it is made of those files`,
  };
}

const mnistDomains = {
  "rotated-mnist": mnistDomain("Rotated MNIST", "mnist", "rotated"),
  "rotated-fashion-mnist": mnistDomain("Rotated Fashion-MNIST", "fashion-mnist", "rotated"),
  "colored-mnist": mnistDomain("Coloured MNIST", "mnist", "colored"),
  "colored-fashion-mnist": mnistDomain("Coloured Fashion-MNIST", "fashion-mnist", "colored"),
};

export const datasets: Readonly<Record<DatasetSpec["name"] | "clip-bpe", DatasetDescription>> = {
  shapes: {
    title: "Shapes",
    description: "generated RGB images of one to three coloured shapes, with captions; 8 classes",
    terms: "generated here, free to use",
    splits: { train: 50_000, validation: 2000, test: 2000 },
    classNames: shapeNames,
    files: [],
  },
  "gaussian-shift": {
    title: "Gaussian shift",
    description: "generated points in four dimensions, normal around three means; 3 classes",
    terms: "generated here, free to use",
    splits: { train: 4000, validation: 1000, test: 10_000 },
    classNames: ["0", "1", "2"],
    files: [],
  },
  "fashion-mnist": {
    title: "Fashion-MNIST",
    description: "28 x 28 grey images of clothing; 10 classes",
    terms: "MIT",
    homepage: "https://github.com/zalandoresearch/fashion-mnist",
    splits: { train: 60_000, test: 10_000 },
    classNames: [
      "T-shirt",
      "trouser",
      "pullover",
      "dress",
      "coat",
      "sandal",
      "shirt",
      "sneaker",
      "bag",
      "ankle boot",
    ],
    files: idxFiles("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com", [
      ["train-images-idx3-ubyte.gz", 26_421_880, "8d4fb7e6c68d591d4c3dfef9ec88bf0d"],
      ["train-labels-idx1-ubyte.gz", 29_515, "25c81989df183df01b3e8a0aad5dffbe"],
      ["t10k-images-idx3-ubyte.gz", 4_422_102, "bef4ecab320f06d8554ea6380940ec79"],
      ["t10k-labels-idx1-ubyte.gz", 5148, "bb300cfdad3c16e7a12a480ee83cd310"],
    ]),
  },
  mnist: {
    title: "MNIST",
    description: "28 x 28 grey images of handwritten digits; 10 classes",
    terms: "CC BY-SA 3.0",
    homepage: "http://yann.lecun.com/exdb/mnist",
    splits: { train: 60_000, test: 10_000 },
    classNames: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
    files: idxFiles("https://ossci-datasets.s3.amazonaws.com/mnist", [
      ["train-images-idx3-ubyte.gz", 9_912_422, "f68b3c2dcbeaaa9fbdd348bbdeb94873"],
      ["train-labels-idx1-ubyte.gz", 28_881, "d53e105ee54ea40749a09fcbcd1e9432"],
      ["t10k-images-idx3-ubyte.gz", 1_648_877, "9fb629c4189551a2d022fa330f9573f3"],
      ["t10k-labels-idx1-ubyte.gz", 4542, "ec29112dd5afa0611ce80d1b7f02629c"],
    ]),
  },
  ...mnistDomains,
  cifar10,
  flickr8k,
  pacs,
  "image-folder": imageFolder,
  "captioned-images": captionedImages,
  sst2,
  ag_news: agNews,
  tinyshakespeare,
  "text-file": textFile,
  "labelled-text": labelledText,
  "clip-bpe": clipBpe,
};
