/** Pictures with captions, named by a list in a CSV, TSV or JSONL file. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../graph/errors.ts";
import type { ImageDataset } from "../dataset.ts";
import { splitRows } from "../text/split.ts";
import { readTextFile } from "../text/text-file.ts";
import { type CaptionRow, readCaptionRows } from "./caption-rows.ts";
import { BrokenImageError } from "./decode.ts";
import { readPicture, resolveInside } from "./folder-files.ts";
import type { CaptionedImagesSpec } from "./specs.ts";
import { type EncodedSample, type StoreHooks, storeImages } from "./store.ts";

/**
 * Opens a split of captioned pictures. Rows that name the same path are one sample with all their
 * captions. Paths start at the folder and may not leave it. There are no classes; labels are 0.
 *
 * @example
 * const set = await openCaptionedImages({ name: "captioned-images", split: "train", folder: "pets" });
 * set.get(0).captions // ["A cat on a mat."]
 */
export async function openCaptionedImages(
  spec: CaptionedImagesSpec,
  hooks: StoreHooks = {},
): Promise<ImageDataset> {
  const { name, split, folder } = spec;
  const files = spec.files ?? { train: findList(folder) };
  const own = files[split];
  const list = own ?? files.train;
  const hint = "set data.files to the lists within data.folder";
  const path = existsSync(folder) ? await listPath(folder, list, hint) : join(folder, list);
  const rows = mergeRows(readCaptionRows(await readTextFile(path, { hint }), path, spec.columns));
  const aside = Math.floor(rows.length / 10);
  const members =
    own === undefined || split === "train"
      ? splitRows(name, split, rows.length, {
          validationSize: files.validation ? 0 : (spec.validationSize ?? aside),
          testSize: files.test ? 0 : (spec.testSize ?? aside),
          seed: spec.splitSeed ?? 0,
        })
      : Uint32Array.from(rows.keys());
  async function* samples(): AsyncGenerator<EncodedSample> {
    for (const member of members) {
      const { line, image, encoding, captions } = rows[member]!;
      const isPath = encoding === "path";
      const source = isPath ? join(folder, image) : `${path}:${line}`;
      const read = () => (isPath ? readPicture(folder, image) : decodeBase64(image));
      yield { source, captions, read };
    }
  }
  const encoded = { name, split, classNames: [], length: members.length, samples: samples() };
  return storeImages(encoded, spec, hooks);
}

/** The bytes that base64 text stands for. */
export function decodeBase64(text: string): Uint8Array {
  const packed = text.replace(/\s+/g, "");
  const bytes = Buffer.from(packed, "base64");
  const digits = packed.replace(/=+$/, "").length;
  if (bytes.length === Math.floor((digits * 3) / 4)) return bytes;
  throw new BrokenImageError("its text is not base64");
}

function mergeRows(rows: readonly CaptionRow[]): CaptionRow[] {
  const merged = new Map<string, CaptionRow>();
  for (const row of rows) {
    const place = row.encoding === "path" ? row.image : `:${row.line}`;
    const before = merged.get(place);
    const captions = [...(before?.captions ?? []), ...row.captions];
    merged.set(place, { ...(before ?? row), captions });
  }
  return [...merged.values()];
}

async function listPath(folder: string, list: string, hint: string): Promise<string> {
  try {
    return await resolveInside(folder, list);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    throw new UserError(`${join(folder, list)} is missing; ${hint}`, { exitCode: 2, cause });
  }
}

function findList(folder: string): string {
  const names = ["captions", "metadata"].flatMap((stem) =>
    ["csv", "tsv", "jsonl"].map((ending) => `${stem}.${ending}`),
  );
  const found = names.find((name) => existsSync(join(folder, name)));
  if (found !== undefined) return found;
  throw new UserError(
    `${folder} has none of ${names.join(", ")}; set data.files to the list of captions`,
    { exitCode: 2 },
  );
}
