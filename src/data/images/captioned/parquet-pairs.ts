/** Pictures and captions from Parquet files. */

import type { ParquetColumns } from "../../../formats/parquet/parquet.ts";
import { UserError, usageError } from "../../../graph/errors.ts";
import { openShardFiles, type ShardedRow } from "../../shards.ts";
import { BrokenImageError } from "../decode/decode.ts";
import { pictureColumn, readCell, unknownColumn } from "../parquet-pictures.ts";
import type { EncodedSample } from "../store.ts";
import { type CaptionPairs, type PairOptions, pairsOfRows } from "./caption-pairs.ts";
import {
  type CaptionColumns,
  type CaptionRow,
  captionLimits,
  captionNames,
} from "./caption-rows.ts";

/**
 * Opens Parquet files as one table. Pictures are the bytes of a column or of its field `bytes`, or
 * paths within `folder`; rows with the same path are one sample. Captions are one
 * column, several, or a column of lists.
 *
 * @throws UserError for missing columns, invalid captions or too many rows
 */
export async function openParquetPairs(
  paths: readonly string[],
  folder: string,
  columns: CaptionColumns = {},
  options: PairOptions,
): Promise<CaptionPairs> {
  const path = paths[0]!;
  const { hint, keepBroken = false } = options;
  if (columns.encoding === "base64") {
    throw usageError(`${path}: base64 is not supported in Parquet; store the bytes themselves`);
  }
  const { parquetColumns } = await import("../../../formats/parquet/parquet.ts");
  const known = await parquetColumns(path, { hint });
  const picture = pictureColumn(path, known, columns.image);
  const captions = captionNames([...known.keys()], columns);
  if (captions.length === 0) {
    throw unknownColumn(path, known, "captions", "captions", columns.captions);
  }
  const wanted: ParquetColumns = Object.fromEntries(
    captions.map((name) => [name, known.get(name) === "strings" ? "strings?" : "string?"]),
  );
  const table = await openShardFiles(
    paths,
    { ...wanted, ...picture.columns },
    { maxRows: captionLimits.maxRows, hint },
  );
  const problems = (one: ShardedRow<ParquetColumns>) => captionsOf(one, captions, keepBroken);
  if (picture.bytes === undefined) {
    const rows: CaptionRow[] = [];
    for await (const one of table.rows()) {
      if (rows.length === captionLimits.maxRows) {
        throw new UserError(
          `${path} and the files of its split have more than ${rows.length} rows`,
        );
      }
      const { texts, problem } = problems(one);
      const name = one.row[picture.path!] as string | null;
      const line = one.index;
      const broken = name === null || name.trim() === "" ? "its path is missing" : problem;
      if (broken !== undefined && !keepBroken) throw new UserError(`${one.source}: ${broken}`);
      rows.push(
        broken === undefined
          ? { line, image: name!, encoding: "path", captions: texts }
          : { line, image: "", encoding: "base64", captions: [], problem: broken },
      );
    }
    return pairsOfRows(rows, path, folder, options);
  }
  async function* read(members: Uint32Array): AsyncGenerator<EncodedSample> {
    const chosen = new Set(members);
    for await (const one of table.rows()) {
      if (!chosen.has(one.index)) continue;
      const { texts, problem } = problems(one);
      yield {
        source: one.source,
        captions: texts,
        read: () => {
          if (problem !== undefined) throw new BrokenImageError(problem);
          return readCell(picture, one.row, folder, options);
        },
      };
    }
  }
  return { length: table.numRows, read };
}

interface RowCaptions {
  readonly texts: readonly string[];
  readonly problem?: string;
}

/** The captions of a row; with `keepBroken` the ones that are no text are left out. */
function captionsOf(
  { row, source }: ShardedRow<ParquetColumns>,
  columns: readonly string[],
  keepBroken: boolean,
): RowCaptions {
  let problem: string | undefined;
  const texts = columns.flatMap((name) => {
    const value = row[name] as string | readonly string[] | null;
    const all = value === null ? [] : [value].flat().map((text) => text.trim());
    const found =
      value === null
        ? "nothing"
        : all.length === 0
          ? "an empty list"
          : all.includes("")
            ? "an empty text"
            : undefined;
    if (found !== undefined) problem ??= `${name} must hold captions, got ${found}`;
    return all.filter((text) => text !== "");
  });
  if (problem === undefined || (keepBroken && texts.length > 0)) return { texts };
  if (keepBroken) return { texts, problem };
  throw new UserError(`${source}: ${problem}`);
}
