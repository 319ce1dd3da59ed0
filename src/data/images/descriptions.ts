/** What the image data sets in files are, and under which terms; no code of Node here. */

import type { DatasetDescription } from "../registry.ts";

/** A data set whose files are not fetched here: `place` says where they go. */
export interface PlacedDescription extends DatasetDescription {
  readonly place: string;
}

export const cifar10: PlacedDescription = {
  title: "CIFAR-10",
  description: "32 x 32 colour images of vehicles and animals; 10 classes",
  terms: "none stated; research use",
  homepage: "https://www.cs.toronto.edu/~kriz/cifar.html",
  splits: { train: 50_000, test: 10_000 },
  classNames: [
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
  ],
  files: [],
  place:
    "unpack the binary version of its homepage, or put the Parquet files of uoft-cs/cifar10 on the Hugging Face hub, into cifar10/ within the data root",
};

export const flickr8k: PlacedDescription = {
  title: "Flickr8k",
  description: "photos of people and animals in action, five captions each",
  terms: "non-commercial research and education",
  homepage: "https://hockenmaier.cs.illinois.edu/8k-pictures.html",
  splits: { train: 6000, validation: 1000, test: 1000 },
  classNames: [],
  files: [],
  place:
    "put the Parquet files of jxie/flickr8k on the Hugging Face hub into flickr8k/ within the data root",
};

export const pacs: PlacedDescription = {
  title: "PACS",
  description:
    "art paintings, cartoons, photos and sketches of 7 classes, for domain generalisation",
  terms: "none stated; research use",
  homepage: "https://sketchx.eecs.qmul.ac.uk/downloads",
  splits: { train: 9991 },
  classNames: ["dog", "elephant", "giraffe", "guitar", "horse", "house", "person"],
  files: [],
  place:
    "put the Parquet file of flwrlabs/pacs on the Hugging Face hub into pacs/ within the data root",
};

export const imageFolder: PlacedDescription = {
  title: "Image folder",
  description: "your own pictures, in class/ or domain/class/ folders",
  terms: "yours",
  splits: {},
  classNames: [],
  files: [],
  place: "name the folder that holds the class folders with data.folder",
};

export const captionedImages: PlacedDescription = {
  title: "Captioned images",
  description: "your own pictures with sentences, in a CSV, TSV, JSONL or Parquet file",
  terms: "yours",
  splits: {},
  classNames: [],
  files: [],
  place:
    "name the folder of the pictures and the files of their captions with data.folder and data.files",
};
