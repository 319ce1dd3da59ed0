import type { TextDataset } from "../dataset.ts";
import { agNews } from "./descriptions.ts";
import { openLabelledText } from "./labelled.ts";
import type { AgNewsSpec } from "./specs.ts";

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
    classNames: agNews.classNames,
  });
  return {
    ...set,
    get: (index) => {
      const sample = set.get(index);
      return { ...sample, text: sample.text.replaceAll("\\", " ") };
    },
  };
}
