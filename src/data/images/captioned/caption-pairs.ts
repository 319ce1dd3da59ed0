/** Pictures and captions from a list in a CSV, TSV or JSONL file. */

import { isAbsolute, join, normalize, relative } from "node:path";
import { decodeBase64 } from "../../../formats/base64.ts";
import { readTextFile } from "../../text/text-file.ts";
import { BrokenImageError } from "../decode/decode.ts";
import { type FolderOptions, readPicture } from "../folder-files.ts";
import type { EncodedSample } from "../store.ts";
import {
  type CaptionColumns,
  type CaptionOptions,
  type CaptionRow,
  readCaptionRows,
} from "./caption-rows.ts";

/** Pictures with their captions, not yet read. */
export interface CaptionPairs {
  readonly length: number;
  /** The samples at ascending positions. */
  readonly read: (members: Uint32Array) => AsyncGenerator<EncodedSample>;
}

/** How the pictures of a list are found and read. */
export interface PairOptions extends FolderOptions, CaptionOptions {
  readonly hint: string;
  /** Where paths start, from `data.folder` on; by default "". */
  readonly base?: string;
}

/** Opens lists; rows that name the same path are one sample with all their captions. */
export async function openListedPairs(
  paths: readonly string[],
  folder: string,
  columns: CaptionColumns | undefined,
  options: PairOptions,
): Promise<CaptionPairs> {
  const rows: CaptionRow[] = [];
  for (const path of paths) {
    const text = await readTextFile(path, options);
    for (const row of readCaptionRows(text, path, columns, options))
      rows.push({ ...row, file: path });
  }
  return pairsOfRows(rows, paths[0]!, folder, options);
}

/** The samples of rows, whose paths may not leave `folder`. */
export function pairsOfRows(
  listed: readonly CaptionRow[],
  path: string,
  folder: string,
  options: Omit<PairOptions, "hint">,
): CaptionPairs {
  const { base = "" } = options;
  const rows = mergeRows(listed.map((row) => ({ ...row, image: placeOf(row, folder, base) })));
  async function* read(members: Uint32Array): AsyncGenerator<EncodedSample> {
    for (const member of members) {
      const { line, image, encoding, captions, problem, file = path } = rows[member]!;
      const isPath = encoding === "path";
      yield {
        source: isPath ? join(folder, image) : `${file}:${line}`,
        captions,
        read: () => {
          if (problem !== undefined) throw new BrokenImageError(problem);
          return isPath ? readPicture(folder, image, options) : bytesOf(image);
        },
      };
    }
  }
  return { length: rows.length, read };
}

/** The path of a row's picture from `folder` on, in one form: `./a.jpg` is `a.jpg`. */
function placeOf({ image, encoding }: CaptionRow, folder: string, base: string): string {
  if (encoding === "base64") return image;
  if (!isAbsolute(image)) {
    const way = normalize(join(base, image));
    return base === "" && way.startsWith("..") ? image : way;
  }
  const way = relative(folder, image);
  return way.startsWith("..") || isAbsolute(way) ? image : way;
}

/** Bytes of base64 text, of the alphabet for addresses too. */
function bytesOf(text: string): Uint8Array {
  try {
    return decodeBase64(text.replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    throw new BrokenImageError("its text is not base64");
  }
}

function mergeRows(rows: readonly CaptionRow[]): CaptionRow[] {
  const merged = new Map<string, CaptionRow & { readonly captions: string[] }>();
  for (const row of rows) {
    const place = row.encoding === "path" ? row.image : `${row.file}:${row.line}`;
    const before = merged.get(place);
    if (before === undefined) merged.set(place, { ...row, captions: [...row.captions] });
    else before.captions.push(...row.captions);
  }
  return [...merged.values()];
}
