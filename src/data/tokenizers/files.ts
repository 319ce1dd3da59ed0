/** Tokenizers with a vocabulary in a file. */

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { UserError, usageError } from "../../graph/errors.ts";
import { dataRoot } from "../read-gzipped.ts";
import { createClipTokenizer } from "./clip.ts";
import { createTokenizer } from "./create.ts";
import type { ClipState, Tokenizer, TokenizerState } from "./tokenizer.ts";

/** Files with the same vocabulary, the faster one first; either is accepted. */
const clipFiles: readonly Omit<ClipState, "kind">[] = [
  {
    file: "clip-bpe/tokenizer.json",
    sha256: "4abcfbd2740bfc97163011088d7ccd7f9887a599d100e69abcc88065a3af8a7e",
  },
  {
    file: "clip-bpe/bpe_simple_vocab_16e6.txt.gz",
    sha256: "924691ac288e54409236115652ad4aa250f48203de50a9e4722a6ecd48d6804a",
  },
];

const maxStoredBytes = 16 * 2 ** 20;
const maxBytes = 64 * 2 ** 20;

/** The folder of a vocabulary. */
export interface TokenizerFileOptions {
  /** Folder with one subfolder per data set; by default `MOESAIC_DATA` or `~/.cache/moesaic/data`. */
  readonly root?: string;
}

/**
 * The state of CLIP's tokenizer over a file: `tokenizer.json` or OpenAI's BPE file, by default
 * the existing one in `<root>/clip-bpe/`.
 *
 * @throws UserError (exit code 2) if no file is present
 */
export async function clipTokenizerState(
  options: TokenizerFileOptions & { readonly file?: string } = {},
): Promise<ClipState> {
  const root = dataRoot(options.root);
  const file =
    options.file ??
    clipFiles.map((known) => known.file).find((path) => existsSync(resolve(root, path)));
  if (file === undefined) throw missing(resolve(root, "clip-bpe"));
  return { kind: "clip", file, sha256: sha256(await readBounded(resolve(root, file))) };
}

/**
 * A tokenizer of any kind from its state; reads CLIP's file and checks its digest against the
 * state. If the file is missing, the other of the two known CLIP files is used.
 *
 * @example
 * const clip = await openTokenizer(await clipTokenizerState());
 */
export async function openTokenizer(
  state: TokenizerState,
  options: TokenizerFileOptions = {},
): Promise<Tokenizer> {
  if (state.kind === "hub") return (await import("./hub.ts")).createHubTokenizer(state);
  if (state.kind !== "clip") return createTokenizer(state);
  return createClipTokenizer(state, await readClipVocabulary(state, options));
}

/**
 * The uncompressed content of CLIP's vocabulary file; see `openTokenizer`.
 *
 * @param options.knownOnly reads only files with known names and digests, for untrusted states
 * @throws UserError if the file is missing, too large, or has another digest
 */
export async function readClipVocabulary(
  state: ClipState,
  { knownOnly = false, ...options }: TokenizerFileOptions & { readonly knownOnly?: boolean } = {},
): Promise<string> {
  const root = dataRoot(options.root);
  const known = clipFiles.some(({ sha256 }) => sha256 === state.sha256);
  if (knownOnly && !known) {
    throw new UserError(`${state.file} is not a vocabulary of CLIP; train with one of them`);
  }
  const sources = [...(knownOnly ? [] : [state]), ...(known ? clipFiles : [])];
  const source = sources.find(({ file }) => existsSync(resolve(root, file)));
  if (source === undefined) throw missing(resolve(root, state.file));
  const path = resolve(root, source.file);
  const bytes = await readBounded(path);
  const actual = sha256(bytes);
  if (actual !== source.sha256) {
    throw new UserError(
      `${path} has sha256 ${actual}, but the tokenizer was made with ${source.sha256}; restore the original file`,
    );
  }
  return unpack(path, bytes);
}

async function readBounded(path: string): Promise<Uint8Array> {
  if (!existsSync(path)) throw missing(path);
  const found = await stat(path);
  const { size } = found;
  if (!found.isFile()) throw new UserError(`${path} is not a file; put CLIP's vocabulary there`);
  if (size > maxStoredBytes) {
    throw new UserError(
      `${path} has ${size} bytes; a CLIP vocabulary has at most ${maxStoredBytes}`,
    );
  }
  return readFile(path);
}

function unpack(path: string, bytes: Uint8Array): string {
  const gzipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
  try {
    const plain = gzipped ? gunzipSync(bytes, { maxOutputLength: maxBytes }) : bytes;
    return new TextDecoder("utf-8", { fatal: true }).decode(plain);
  } catch (cause) {
    const { message } = cause as Error;
    throw new UserError(`${path} cannot be read: ${message}; download it again`, { cause });
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function missing(path: string): UserError {
  return usageError(
    `${path} is missing; run "moesaic data get clip-bpe" or set data.root to a folder that holds clip-bpe/`,
  );
}
