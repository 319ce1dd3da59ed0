/** Readers of text files: one long text, or sentences with labels. */

export { openAgNews } from "./ag-news.ts";
export { openLabelledText } from "./labelled.ts";
export type {
  AgNewsSpec,
  LabelledTextSpec,
  ShakespeareSpec,
  Sst2Spec,
  TableFormat,
  TextColumns,
  TextStreamSpec,
} from "./specs.ts";
export { openSst2 } from "./sst2.ts";
export { openShakespeare, openTextStream } from "./stream.ts";
