/** Digests of the files of a run directory that the weights of its checkpoints depend on. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Digests } from "./checkpoints/checkpoint-manifest.ts";
import { type FileDigest, ignoreMissing } from "./files.ts";

/** Another tokenizer gives the rows of an embedding to other words. */
const RUN_FILES = ["tokenizer.json"];

/** Size and digest of a file; undefined if it does not exist. */
export async function digestFile(path: string): Promise<FileDigest | undefined> {
  const hash = createHash("sha256");
  let size = 0;
  const read = pipeline(createReadStream(path), async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) {
      hash.update(chunk);
      size += chunk.length;
    }
    return true;
  });
  const exists = await read.catch(ignoreMissing);
  return exists ? { size, sha256: hash.digest("hex") } : undefined;
}

/** The digests that a checkpoint stores; undefined if there are no such files. */
export async function digestRunFiles(runDirectory: string): Promise<Digests | undefined> {
  const found: Record<string, FileDigest> = {};
  for (const name of RUN_FILES) {
    const digest = await digestFile(join(runDirectory, name));
    if (digest !== undefined) found[name] = digest;
  }
  return Object.keys(found).length > 0 ? found : undefined;
}
