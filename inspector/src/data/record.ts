/** Reads the pictures and the routing of a run. */
import type { RunRecord } from "../../../src/inspect/types.ts";
import { readText } from "./client.ts";

/** All of a record but its metrics. */
export type StoredRecord = Omit<RunRecord, "metrics">;

export async function readRecord(id: string): Promise<StoredRecord> {
  const text = await readText("runs", id, "record.json");
  return JSON.parse(text, (_key, value: unknown) =>
    typeof value === "object" && value !== null && "__bytes" in value
      ? Uint8Array.from(atob(String(value.__bytes)), (c) => c.charCodeAt(0))
      : value,
  ) as StoredRecord;
}
