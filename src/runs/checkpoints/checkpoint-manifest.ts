/**
 * `checkpoint.json`: the format version, step and score of a checkpoint, and size and SHA-256 digest of
 * each of its files. The last key is the digest of the text before it.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { errorCode, type FileDigest } from "../files.ts";

export const MANIFEST = "checkpoint.json";

/** Version of the format that is written, and the newest that is read. */
export const FORMAT_VERSION = 1;

/** Digests by file name. */
export type Digests = Readonly<Record<string, FileDigest>>;

export interface Manifest {
  readonly step: number;
  readonly score: number | null;
  /** The other files of the checkpoint; undefined if an older version of the package wrote it. */
  readonly files?: Digests | undefined;
  /** Files of the run directory that its weights depend on. */
  readonly run_files?: Digests | undefined;
}

const digests = z.record(
  z.string(),
  z.object({ size: z.int().nonnegative(), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
);
const schema = z.object({
  step: z.int().nonnegative(),
  score: z.number().nullable(),
  files: digests.optional(),
  run_files: digests.optional(),
});
const versionSchema = z.object({ format_version: z.int().nonnegative() });

/** The result of reading a `checkpoint.json`. */
export type ReadManifest =
  | { readonly manifest: Manifest }
  /** The file does not exist. */
  | { readonly missing: true }
  /** A newer version of the package wrote it. */
  | { readonly newer: number }
  /** Completes "checkpoint.json is damaged:". */
  | { readonly problem: string };

/** The text of a `checkpoint.json`. */
export function encodeManifest({ step, score, files, run_files }: Manifest): string {
  const content = { format_version: FORMAT_VERSION, step, score, files, run_files };
  return JSON.stringify({ ...content, sha256: digestOf(JSON.stringify(content)) });
}

/** Reads and checks the manifest of a checkpoint folder; its step must be the folder's name. */
export async function readManifest(folder: string): Promise<ReadManifest> {
  let text: string;
  try {
    text = await readFile(join(folder, MANIFEST), "utf8");
  } catch (error) {
    const isMissing = ["ENOENT", "ENOTDIR"].includes(errorCode(error) ?? "");
    return isMissing ? { missing: true } : { problem: (error as Error).message };
  }
  return decodeManifest(text);
}

/** Reads and checks the text of a `checkpoint.json`. */
export function decodeManifest(text: string): ReadManifest {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return { problem: "it is not JSON" };
  }
  const version = versionSchema.safeParse(content).data?.format_version;
  if (version !== undefined && version > FORMAT_VERSION) return { newer: version };
  const parsed = schema.safeParse(content).data;
  if (parsed === undefined) return { problem: "it does not describe a checkpoint" };
  if (version !== undefined) {
    const { sha256, ...rest } = content as { sha256?: unknown };
    if (sha256 !== digestOf(JSON.stringify(rest))) {
      return { problem: "its content differs from its SHA-256 digest" };
    }
  } else if (parsed.files !== undefined) {
    return { problem: "it has no format version" };
  }
  return { manifest: parsed };
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
