/** Schemas of Parquet files that are written. */
import type { SchemaElement } from "hyparquet";

/** The types of columns without missing values; UTF8 is text. */
export type ColumnType = "INT32" | "FLOAT" | "UTF8";

/** The schema of a column without missing values. */
export function requiredColumn(name: string, type: ColumnType): SchemaElement {
  const required = { name, repetition_type: "REQUIRED" } as const;
  return type === "UTF8"
    ? { ...required, type: "BYTE_ARRAY", converted_type: "UTF8" }
    : { ...required, type };
}
