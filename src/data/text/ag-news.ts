import type { Split, TextDataset } from "../dataset.ts";
import { openLabelledText } from "./labelled.ts";

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

/** Names of the classes in the order of their labels, 1 to 4. */
export const agNewsClassNames: readonly string[] = ["World", "Sports", "Business", "Sci/Tech"];

/**
 * Opens a split of AG News (Zhang, Zhao and LeCun, arXiv:1509.01626): title and description of 7600
 * news in four classes. 1000 of them are the test split, 6600 are for training and validation, so
 * scores do not compare with those of the publisher's 120,000 / 7600. The file writes line breaks of
 * the original as backslashes; here they are spaces.
 */
export async function openAgNews(spec: AgNewsSpec): Promise<TextDataset> {
  const set = await openLabelledText({
    validationSize: 600,
    testSize: 1000,
    ...spec,
    files: { train: "ag_news/test.csv" },
    columns: { text: ["title", "description"], label: "label" },
    labels: ["1", "2", "3", "4"],
    classNames: agNewsClassNames,
  });
  return {
    ...set,
    get: (index) => {
      const sample = set.get(index);
      return { ...sample, text: sample.text.replaceAll("\\", " ") };
    },
  };
}
