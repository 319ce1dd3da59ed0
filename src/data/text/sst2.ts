import type { Split, TextDataset } from "../dataset.ts";
import { openLabelledText } from "./labelled.ts";

/** The Stanford Sentiment Treebank with two classes, from `<root>/sst2/{train,dev,test}.tsv`. */
export interface Sst2Spec {
  readonly name: "sst2";
  readonly split: Split;
  /** Folder with one subfolder per data set; by default `MOESAIC_DATA` or `~/.cache/moesaic/data`. */
  readonly root?: string;
}

/** Names of the classes in the order of their labels. */
export const sst2ClassNames: readonly string[] = ["negative", "positive"];

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
    classNames: sst2ClassNames,
  });
}
