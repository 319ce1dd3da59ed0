/** SST-2: sentences of film reviews, negative or positive. */
import * as z from "zod";
import type { Split, TextDataset } from "../dataset.ts";
import { defineDataset } from "../define-dataset.ts";
import { root } from "../settings/files.ts";
import { splitSpec } from "../settings/split-spec.ts";
import { textKeys } from "../settings/text.ts";
import { openLabelledText } from "./labelled.ts";

/** The Stanford Sentiment Treebank with two classes, from `<root>/sst2/{train,dev,test}.tsv`. */
export interface Sst2Spec {
  readonly name: "sst2";
  readonly split: Split;
  /** Folder with one subfolder per data set; by default `MOESAIC_DATA` or `~/.cache/moesaic/data`. */
  readonly root?: string;
}

const classNames = ["negative", "positive"] as const;

/**
 * Opens a split of SST-2 (Socher et al., EMNLP 2013): 6920 / 872 / 1821 sentences of film reviews.
 * Each line is a sentence in lower case, a tab, and 0 or 1.
 */
export function openSst2(spec: Sst2Spec): Promise<TextDataset> {
  return openLabelledText({
    ...spec,
    files: { train: "sst2/train.tsv", validation: "sst2/dev.tsv", test: "sst2/test.tsv" },
    columns: { text: [0], label: 1, header: false },
    labels: ["0", "1"],
    classNames,
  });
}

/** The definition of SST-2. */
export const sst2 = defineDataset({
  name: "sst2",
  kind: "text",
  title: "SST-2",
  description: "sentences of film reviews, negative or positive",
  terms: "none stated; research use",
  homepage: "https://nlp.stanford.edu/sentiment",
  splits: { train: 6920, validation: 872, test: 1821 },
  classNames,
  files: [],
  place:
    "put train.tsv, dev.tsv and test.tsv (a sentence, a tab, 0 or 1) into sst2/ within the data root",
  schema: z.strictObject({
    name: z.literal("sst2").describe("Name of the data set."),
    root,
    ...textKeys,
  }),
  spec: splitSpec,
  open: openSst2,
});
