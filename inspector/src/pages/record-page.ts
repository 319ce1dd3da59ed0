import type { RunView } from "moesaic/inspect";
import type { StoredRecord } from "../data/record.ts";

/** What the pages that show the record of a run are given. */
export interface RecordPageProps {
  readonly record: StoredRecord;
  readonly view: RunView;
}
