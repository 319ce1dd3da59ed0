/** Readers of text files: one long text, or sentences with labels. */

export { type AgNewsSpec, openAgNews } from "./ag-news.ts";
export { classDescriptions, type DetailLevel, detailLevels } from "./class-descriptions.ts";
export { classTemplates, labelTemplates } from "./class-templates.ts";
export { type LabelledTextSpec, openLabelledText } from "./labelled.ts";
export type { TableFormat, TextColumns } from "./labelled-rows.ts";
export { openSst2, type Sst2Spec } from "./sst2.ts";
export {
  openShakespeare,
  openTextStream,
  type ShakespeareSpec,
  type TextStreamSpec,
} from "./stream.ts";
