/** The columns of a Parquet file: their names, types and places in the schema. */

import type { SchemaTree } from "hyparquet";
import { UserError } from "../../graph/errors.ts";

/** A type that a column of a file has; `strings` is a list of texts. */
export type ParquetType = "bytes" | "string" | "strings" | "integer";

/** A type to read a column as; with `?` a null reads as null. */
export type WantedType = ParquetType | "string?" | "strings?" | "integer?";

const plural = {
  bytes: "bytes",
  string: "text",
  strings: "lists of text",
  integer: "integers",
} as const;

/** The type without its mark for nulls. */
export function plainType(type: WantedType): ParquetType {
  return type.replace("?", "") as ParquetType;
}

/**
 * The nodes from the root to the column of a name; a field of a struct is `struct.field`, and a name
 * may itself contain dots.
 */
export function columnPath(schema: SchemaTree, name: string): SchemaTree[] | undefined {
  for (const child of schema.children) {
    const own = child.element.name;
    if (own === name) return [child];
    const inner = name.startsWith(`${own}.`) && columnPath(child, name.slice(own.length + 1));
    if (inner) return [child, ...inner];
  }
  return undefined;
}

/**
 * Refuses a column that is missing, repeated, or of another type.
 *
 * @throws UserError with the columns that there are
 */
export function checkColumn(
  path: string,
  schema: SchemaTree,
  name: string,
  type: WantedType,
): void {
  const nodes = columnPath(schema, name);
  if (nodes === undefined) {
    const known = leaves(schema).join(", ");
    throw new UserError(`${path} has no column ${name}; its columns are ${known}`);
  }
  const node = nodes.at(-1)!;
  const repeated = nodes.some(({ element }) => element.repetition_type === "REPEATED");
  const wanted = plainType(type);
  if (columnType(node) === wanted && !repeated) return;
  const { element } = node;
  const kind = element.converted_type ?? element.logical_type?.type ?? element.type ?? "a group";
  const found = repeated ? `a list of ${kind}` : kind;
  throw new UserError(`${path}: column ${name} must hold ${plural[wanted]}, but it holds ${found}`);
}

/** The type of a column, if it is one that can be read. */
export function columnType({ element, children }: SchemaTree): ParquetType | undefined {
  const { type, converted_type, logical_type } = element;
  if (converted_type === "LIST" || logical_type?.type === "LIST") {
    const items = children[0];
    const isList = children.length === 1 && items?.element.repetition_type === "REPEATED";
    const isText = items?.children.length === 1 && columnType(items.children[0]!) === "string";
    return isList && isText ? "strings" : undefined;
  }
  if (children.length > 0) return undefined;
  if (converted_type === "UTF8" || logical_type?.type === "STRING") return "string";
  if (type === "BYTE_ARRAY" && !converted_type && !logical_type) return "bytes";
  return type === "INT32" || type === "INT64" ? "integer" : undefined;
}

/** The columns that can be read, with their types; a field of a struct is `struct.field`. */
export function readableColumns(schema: SchemaTree): Map<string, ParquetType> {
  const found = new Map<string, ParquetType>();
  for (const child of schema.children) {
    if (child.element.repetition_type === "REPEATED") continue;
    const type = columnType(child);
    if (type !== undefined) found.set(child.path.join("."), type);
    else for (const [name, inner] of readableColumns(child)) found.set(name, inner);
  }
  return found;
}

function leaves(node: SchemaTree): string[] {
  if (node.children.length === 0) return [node.path.join(".")];
  return node.children.flatMap(leaves);
}
