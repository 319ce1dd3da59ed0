/** Plain descriptions of text data sets; no code of Node here. */

import type { Split } from "../dataset.ts";

/** One UTF-8 text file, to be read in windows. */
export interface TextStreamSpec {
  readonly name: string;
  readonly split: Split;
  /** Path of the file, relative to the folder of data sets. */
  readonly file: string;
  /** Folder with one subfolder per data set; by default `MOESAIC_DATA` or `~/.cache/moesaic/data`. */
  readonly root?: string;
  /** Part of the text that is the validation split, by default .1. */
  readonly validationFraction?: number;
  /** Part of the text at its end that is the test split, by default 0: there is none. */
  readonly testFraction?: number;
}

/** Tiny-shakespeare, from `<root>/tinyshakespeare/input.txt`. */
export type ShakespeareSpec = Omit<TextStreamSpec, "file" | "name"> & {
  readonly name: "tinyshakespeare";
};

/** The Stanford Sentiment Treebank with two classes, from `<root>/sst2/{train,dev,test}.tsv`. */
export interface Sst2Spec {
  readonly name: "sst2";
  readonly split: Split;
  /** Folder with one subfolder per data set; by default `MOESAIC_DATA` or `~/.cache/moesaic/data`. */
  readonly root?: string;
}

/** AG News, from `<root>/ag_news/test.csv` alone: the publisher's test part, split anew. */
export interface AgNewsSpec {
  readonly name: "ag_news";
  readonly split: Split;
  /** Folder with one subfolder per data set; by default `MOESAIC_DATA` or `~/.cache/moesaic/data`. */
  readonly root?: string;
  /** Training rows set aside as the validation split, by default 600. */
  readonly validationSize?: number;
  /** Rows set aside as the test split, by default 1000. */
  readonly testSize?: number;
  /** Which rows are set aside, by default 0. */
  readonly splitSeed?: number;
}

export const tableFormats = ["csv", "tsv", "jsonl"] as const;
export type TableFormat = (typeof tableFormats)[number];

/** Where a row has its text and its label. */
export interface TextColumns {
  /** Columns by name, or by position from 0 where the file has no header; joined by a space. */
  readonly text: readonly (string | number)[];
  readonly label: string | number;
  /** Whether the first row of `csv` or `tsv` names the columns, by default true. */
  readonly header?: boolean;
}

/** Sentences with labels in `csv`, `tsv` or `jsonl` files. */
export interface LabelledTextSpec {
  readonly name: string;
  readonly split: Split;
  /** A file per split, relative to the folder of data sets; rows of missing splits come from `train`. */
  readonly files: { readonly train: string } & Readonly<Partial<Record<Split, string>>>;
  /** Folder with one subfolder per data set; by default `MOESAIC_DATA` or `~/.cache/moesaic/data`. */
  readonly root?: string;
  /** By default the ending of the file's name. */
  readonly format?: TableFormat;
  readonly columns: TextColumns;
  /** The labels as the files write them, in the order of class indices; by default those of `train`, sorted. */
  readonly labels?: readonly string[];
  /** Names of the classes, by default the labels. */
  readonly classNames?: readonly string[];
  /** Rows of `train` set aside where validation has no file, by default a tenth of them. */
  readonly validationSize?: number;
  /** Rows of `train` set aside where test has no file, by default 0: there is no test split. */
  readonly testSize?: number;
  /** Which rows are set aside, by default 0. */
  readonly splitSeed?: number;
}
