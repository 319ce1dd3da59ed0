import type { RunView } from "moesaic/inspect";
import type { StoredRecord } from "../data/record.ts";

/** Properties of the pages that use the record of a run. */
export interface RecordPageProps {
  readonly record: StoredRecord;
  readonly view: RunView;
}
