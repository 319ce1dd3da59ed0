/** Tables of pictures with labels: Parquet files, or lists of paths and labels. */

import type { ParquetColumns } from "../../formats/parquet/parquet.ts";
import { defined } from "../../graph/defined.ts";
import { UserError } from "../../graph/errors.ts";
import { classLabelNames } from "../class-labels.ts";
import { openShardFiles } from "../shards.ts";
import type { Separator } from "../text/delimited.ts";
import { readTextFile } from "../text/text-file.ts";
import { captionLimits, imageColumns } from "./captioned/caption-rows.ts";
import { readListRows } from "./captioned/list-rows.ts";
import { type FolderOptions, readPicture } from "./folder-files.ts";
import { pictureColumn, readCell, unknownColumn } from "./parquet-pictures.ts";
import type { EncodedSample } from "./store.ts";

/** Where a table has its pictures and labels. */
export interface TableSettings extends FolderOptions {
  readonly folder: string;
  readonly columns?: { readonly image?: string; readonly label?: string };
  readonly separator?: Separator;
  readonly images?: string;
}

interface LabelledPicture {
  readonly source: string;
  readonly label: string;
}

/** The pictures of a table, with labels but without bytes. */
export interface PictureTable {
  readonly rows: readonly LabelledPicture[];
  readonly classNames?: readonly string[];
  /** The bytes of pictures at ascending positions. */
  readonly read: (members: Uint32Array) => AsyncGenerator<EncodedSample["read"]>;
}

const labelColumns = ["label", "labels", "class", "category", "target", "fine_label"] as const;
/**
 * Reads the labels of tables: of Parquet files, or of lists.
 *
 * @throws UserError for columns that are missing, and rows without a picture or a label
 */
export function readTable(
  spec: TableSettings,
  files: readonly string[],
  hint: string,
): Promise<PictureTable> {
  const isParquet = files.every((file) => /\.parquet$/i.test(file));
  return isParquet ? readParquet(spec, files, hint) : readLists(spec, files, hint);
}

async function readParquet(
  spec: TableSettings,
  files: readonly string[],
  hint: string,
): Promise<PictureTable> {
  const path = files[0]!;
  const { parquetColumns, parquetMetadata } = await import("../../formats/parquet/parquet.ts");
  const known = await parquetColumns(path, { hint });
  const picture = pictureColumn(path, known, spec.columns?.image);
  const label = spec.columns?.label ?? labelColumns.find((one) => known.has(one));
  if (label === undefined) throw unknownColumn(path, known, "labels", "label", undefined);
  const limits = { maxRows: captionLimits.maxRows, hint };
  const type = known.get(label) === "string" ? "string?" : "integer?";
  const rows: LabelledPicture[] = [];
  for await (const { row, source } of (
    await openShardFiles(files, { [label]: type }, limits)
  ).rows()) {
    const value = (row as Record<string, unknown>)[label] as string | number | null;
    if (value === null || value === "") throw new UserError(`${source}: ${label} is empty`);
    rows.push({ source, label: `${value}` });
  }
  async function* read(members: Uint32Array): AsyncGenerator<EncodedSample["read"]> {
    const chosen = new Set(members);
    const columns: ParquetColumns = picture.columns;
    const table = await openShardFiles(files, columns, limits);
    for await (const { row, index } of table.rows()) {
      if (chosen.has(index)) yield () => readCell(picture, row, spec.folder, spec);
    }
  }
  const text = (await parquetMetadata(path, { hint })).get("huggingface");
  const classNames = type === "integer?" ? classLabelNames(text, label) : undefined;
  return { rows, read, ...defined({ classNames }) };
}

async function readLists(
  spec: TableSettings,
  files: readonly string[],
  hint: string,
): Promise<PictureTable> {
  const rows: (LabelledPicture & { readonly image: string })[] = [];
  for (const name of files) {
    const text = await readTextFile(name, { hint });
    const listed = readListRows(text, { name, ...captionLimits, separator: spec.separator });
    const known = new Map(
      listed.flatMap(({ values }) => [...values.keys()].map((key) => [key, "string"] as const)),
    );
    const image = spec.columns?.image ?? imageColumns.find((one) => known.has(one));
    const label = spec.columns?.label ?? labelColumns.find((one) => known.has(one));
    if (image === undefined) throw unknownColumn(name, known, "pictures", "image", undefined);
    if (label === undefined) throw unknownColumn(name, known, "labels", "label", undefined);
    for (const { line, values } of listed) {
      const [path, own] = [values.get(image), values.get(label)];
      if (typeof path !== "string" || path === "" || own === undefined || own === "") {
        throw new UserError(`${name}:${line}: ${image} and ${label} must be given`);
      }
      rows.push({ source: `${name}:${line}`, image: path, label: `${own}`.trim() });
    }
  }
  async function* read(members: Uint32Array): AsyncGenerator<EncodedSample["read"]> {
    for (const member of members) {
      const name = [spec.images, rows[member]!.image].filter(Boolean).join("/");
      yield () => readPicture(spec.folder, name, spec);
    }
  }
  return { rows, read };
}
