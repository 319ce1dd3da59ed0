/** Downloads files from their publishers: resumes partial files, checks them, then renames them. */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { makeFolder } from "../formats/make-folder.ts";
import { UserError, usageError } from "../graph/errors.ts";
import { dataRoot } from "./read-gzipped.ts";
import { getResource } from "./registry.ts";

/** How a file is verified, and the callback for its progress. */
export interface DownloadOptions {
  /** Hexadecimal digest of the whole file. */
  readonly checksum?: { readonly algorithm: "md5" | "sha256"; readonly digest: string };
  /** Size of the whole file; a longer response is aborted. */
  readonly bytes?: number;
  /** Called as bytes arrive; `total` is undefined if it is not known. */
  readonly onProgress?: (received: number, total: number | undefined) => void;
  readonly signal?: AbortSignal;
}

/**
 * Downloads `url` to `path`. The bytes go to `<path>.part`, which a later call continues; the file
 * is renamed only after its size and checksum are verified.
 */
export async function download(
  url: string,
  path: string,
  options: DownloadOptions = {},
): Promise<void> {
  const partial = `${path}.part`;
  await makeFolder(dirname(path));
  const begun = await fileSize(partial);
  if (options.bytes === undefined || begun < options.bytes) {
    await receive(url, partial, begun, options);
  }
  await verify(url, partial, options);
  await rename(partial, path);
}

/**
 * Downloads the missing files of a data set, or of `clip-bpe`, into `<root>/<name>/`.
 *
 * @returns that folder
 * @throws UserError for an unknown name, files that users put in place, or a failed download
 */
export async function downloadDataset(
  name: string,
  options: {
    root?: string;
    onProgress?: (file: string, received: number, total: number | undefined) => void;
    signal?: AbortSignal;
  } = {},
): Promise<string> {
  const { files, place } = getResource(name);
  if (files.length === 0) {
    const reason = place ?? "it is generated";
    throw usageError(`${name} has no files to download: ${reason}`);
  }
  const folder = join(dataRoot(options.root), name);
  for (const file of files) {
    const path = join(folder, file.name);
    if ((await fileSize(path)) === file.bytes) continue;
    await download(file.url, path, {
      bytes: file.bytes,
      checksum: { algorithm: "md5", digest: file.md5 },
      ...(options.signal && { signal: options.signal }),
      onProgress: (received, total) => options.onProgress?.(file.name, received, total),
    });
  }
  return folder;
}

async function receive(
  url: string,
  partial: string,
  begun: number,
  options: DownloadOptions,
): Promise<void> {
  const response = await request(url, begun, options.signal);
  if (response.status === 416) {
    // The partial file does not match the beginning of the file on the server.
    await response.body?.cancel();
    await rm(partial, { force: true });
    return receive(url, partial, 0, options);
  }
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw new UserError(`${url} answered ${response.status} ${response.statusText}`.trimEnd());
  }
  const resumed = response.status === 206;
  let received = resumed ? begun : 0;
  const stated = Number(response.headers.get("content-length") ?? Number.NaN);
  const total = options.bytes ?? (Number.isNaN(stated) ? undefined : received + stated);
  const target = await open(partial, resumed ? "a" : "w");
  try {
    for await (const chunk of response.body) {
      received += chunk.length;
      if (options.bytes !== undefined && received > options.bytes) {
        await rm(partial, { force: true });
        throw new UserError(`${url} sends more than the ${options.bytes} bytes it should have`);
      }
      await target.writeFile(chunk);
      options.onProgress?.(received, total);
    }
  } catch (cause) {
    throw cause instanceof UserError ? cause : interrupted(url, received, total, cause);
  } finally {
    await target.close();
  }
}

async function request(url: string, begun: number, signal?: AbortSignal): Promise<Response> {
  try {
    const headers: Record<string, string> = begun > 0 ? { range: `bytes=${begun}-` } : {};
    return await fetch(url, { headers, ...(signal && { signal }) });
  } catch (cause) {
    throw new UserError(`${url} cannot be reached: ${reason(cause)}; check the network`, { cause });
  }
}

async function verify(url: string, partial: string, options: DownloadOptions): Promise<void> {
  const size = await fileSize(partial);
  if (options.bytes !== undefined && size < options.bytes) {
    throw interrupted(url, size, options.bytes, new Error("the server closed the connection"));
  }
  if (options.checksum === undefined) return;
  const { algorithm, digest } = options.checksum;
  const hash = createHash(algorithm);
  await pipeline(createReadStream(partial), hash);
  const actual = hash.digest("hex");
  if (actual === digest.toLowerCase()) return;
  await rm(partial, { force: true });
  throw new UserError(
    `${url} has ${algorithm} ${actual}, expected ${digest}; the download was deleted, try again`,
  );
}

function interrupted(
  url: string,
  received: number,
  total: number | undefined,
  cause: unknown,
): UserError {
  const whole = total === undefined ? "" : ` of ${total}`;
  return new UserError(
    `${url} was interrupted after ${received}${whole} bytes (${reason(cause)}); run again to resume`,
    { cause },
  );
}

/** The innermost message: fetch hides the network's error under its own. */
function reason(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error ? cause.message || cause.name : message;
}

async function fileSize(path: string): Promise<number> {
  return stat(path).then(
    (found) => found.size,
    () => 0,
  );
}
