/** Reads the record of a run. */
import { decodeRecord, type StoredRecord } from "moesaic/inspect";
import { readText } from "./client.ts";

export type { StoredRecord };

export async function readRecord(id: string): Promise<StoredRecord> {
  return decodeRecord(await readText("runs", id, "record.json"));
}
