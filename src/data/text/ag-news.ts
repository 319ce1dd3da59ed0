/** AG News: title and first sentences of news in four classes. */
import * as z from "zod";
import type { Split, TextDataset } from "../dataset.ts";
import { defineDataset } from "../define-dataset.ts";
import { count, root } from "../settings/files.ts";
import { splitSpec } from "../settings/split-spec.ts";
import { textKeys } from "../settings/text.ts";
import { openLabelledText } from "./labelled.ts";

/** AG News, from `<root>/ag_news/test.csv` alone: the publisher's test part, split again. */
export interface AgNewsSpec {
  readonly name: "ag_news";
  readonly split: Split;
  /** Folder with one subfolder per data set; by default `MOESAIC_DATA` or `~/.cache/moesaic/data`. */
  readonly root?: string;
  /** Training rows set aside as the validation split, by default 600. */
  readonly validationSize?: number;
  /** Rows set aside as the test split, by default 1000. */
  readonly testSize?: number;
  /** Seed of the permutation that sets rows aside, by default 0. */
  readonly splitSeed?: number;
}

const classNames = ["World", "Sports", "Business", "Sci/Tech"] as const;

/**
 * Opens a split of AG News (Zhang, Zhao and LeCun, arXiv:1509.01626): title and description of 7600
 * news in four classes. 1000 of them are the test split, 6600 are for training and validation, so
 * scores are not comparable with scores on the publisher's split of 120,000 / 7600. The file has backslashes
 * in place of line breaks; they become spaces.
 */
export async function openAgNews(spec: AgNewsSpec): Promise<TextDataset> {
  const set = await openLabelledText({
    validationSize: 600,
    testSize: 1000,
    ...spec,
    files: { train: "ag_news/test.csv" },
    columns: { text: ["title", "description"], label: "label" },
    labels: ["1", "2", "3", "4"],
    classNames,
  });
  return {
    ...set,
    get: (index) => {
      const sample = set.get(index);
      return { ...sample, text: sample.text.replaceAll("\\", " ") };
    },
  };
}

/** The definition of AG News. */
export const agNews = defineDataset({
  name: "ag_news",
  kind: "text",
  title: "AG News",
  description: "title and first sentences of news; 4 classes, split again from the test part",
  terms: "none stated; non-commercial research",
  homepage: "http://groups.di.unipi.it/~gulli/AG_corpus_of_news_articles.html",
  splits: { train: 6000, validation: 600, test: 1000 },
  classNames,
  files: [],
  place:
    "put test.csv with the columns label, title, description into ag_news/ within the data root",
  schema: z.strictObject({
    name: z.literal("ag_news").describe("Name of the data set."),
    root,
    validation_size: count.describe("Samples of the validation split."),
    test_size: count.describe("Samples of the test split."),
    ...textKeys,
  }),
  spec: splitSpec,
  open: openAgNews,
});
