import type { TextDataset } from "../dataset.ts";
import { sst2 } from "./descriptions.ts";
import { openLabelledText } from "./labelled.ts";
import type { Sst2Spec } from "./specs.ts";

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
    classNames: sst2.classNames,
  });
}
