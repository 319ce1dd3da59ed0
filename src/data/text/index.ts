/** Readers of text files: one long text, or sentences with labels. */

export { type AgNewsSpec, agNewsClassNames, openAgNews } from "./ag-news.ts";
export { readCsv, readTsv, type TableLimits, type TableRow } from "./delimited.ts";
export { type LabelledTextSpec, openLabelledText } from "./labelled.ts";
export {
  type LabelledRow,
  readLabelledRows,
  type TableFormat,
  type TextColumns,
} from "./labelled-rows.ts";
export { openSst2, type Sst2Spec, sst2ClassNames } from "./sst2.ts";
export {
  openShakespeare,
  openTextStream,
  type ShakespeareSpec,
  type TextStreamSpec,
} from "./stream.ts";
