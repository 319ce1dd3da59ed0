import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cleanClipText } from "./clip-text.ts";
import { clipVocabulary } from "./clip-vocabulary.ts";
import { clipTokenizerState, openTokenizer, readClipVocabulary } from "./files.ts";
import { encodeFixed, type TokenizerState } from "./index.ts";

/** A file in CLIP's format: three relevant merges, and padding merges up to CLIP's number. */
const merges = ["d o", "do g</w>", "a </w>"];
const rest = Array.from({ length: 48_894 - merges.length + 5 }, (_, at) => `x${at} y`);
const content = ["#version: 0.2", ...merges, ...rest].join("\n");
/** A vocabulary of one letter and the special tokens in the form of `tokenizer.json`. */
const small = JSON.stringify({
  ...clipVocabulary(content),
  model: { type: "BPE", vocab: { a: 0, "<|startoftext|>": 1, "<|endoftext|>": 2 }, merges: [] },
});

const file = "clip-bpe/bpe_simple_vocab_16e6.txt.gz";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "moesaic-clip-"));
  await mkdir(join(root, "clip-bpe"));
  await writeFile(join(root, file), gzipSync(content));
});
afterAll(() => rm(root, { recursive: true }));

test("HTML entities are resolved twice, spaces collapsed, letters lowered", () => {
  expect(cleanClipText("  A &amp;lt;Dog&amp;gt;\n\tcaf&eacute; &#39;x&#x27; &nbsp;Y ")).toBe(
    "a <dog> café 'x' y",
  );
  expect(cleanClipText("AT&T & co")).toBe("at&t & co");
});

test("ids follow CLIP's layout: bytes, ends of words, merges, start and end", async () => {
  const state = await clipTokenizerState({ root });
  expect(state).toMatchObject({ kind: "clip", file });
  const clip = await openTokenizer(JSON.parse(JSON.stringify(state)) as TokenizerState, { root });
  expect(clip).toMatchObject({
    vocabularySize: 49_408,
    padId: 0,
    startId: 49_406,
    endId: 49_407,
  });
  // "dog" is merge 1; "!" is byte 0 of the printable ones, so 256 as the end of a word; "b" is 65.
  expect(clip.encode("Dog!")).toEqual([49_406, 513, 256, 49_407]);
  expect(clip.encode("bdo")).toEqual([49_406, 65, 67, 256 + 78, 49_407]);
  expect(clip.encode("")).toEqual([49_406, 49_407]);
  expect(clip.decode([49_406, 513, 256, 49_407])).toBe("dog !");
  expect(clip.decode([49_406, 513, 49_407], { skipSpecial: false })).toContain("<|endoftext|>");
  expect(clip.decode([])).toBe("");
  expect(() => clip.decode([49_408])).toThrow("token ids are 0 to 49407, got 49408");
});

test("a long text is truncated to 77 tokens and keeps the end of text", async () => {
  const clip = await openTokenizer(await clipTokenizerState({ root }), { root });
  const row = encodeFixed(clip, "dog ".repeat(100), 77);
  expect(row).toMatchObject({ length: 77, cut: true });
  expect([row.ids[0], row.ids[75], row.ids[76]]).toEqual([49_406, 513, 49_407]);
});

test("missing, changed and foreign files are reported", async () => {
  const state = await clipTokenizerState({ root });
  await expect(openTokenizer({ ...state, sha256: "00" }, { root })).rejects.toThrow(
    "but the tokenizer was made with 00; restore the original file",
  );
  await expect(clipTokenizerState({ root: join(root, "none") })).rejects.toThrow(
    'is missing; run "moesaic data get clip-bpe"',
  );
  await expect(readClipVocabulary(state, { root, knownOnly: true })).rejects.toThrow(
    "is not a vocabulary of CLIP",
  );
  await expect(openTokenizer({ ...state, file: "gone" }, { root })).rejects.toThrow("is missing");
  for (const [name, text, message] of [
    [
      "other.json",
      '{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}}',
      "not CLIP's vocabulary: Tokenizer must",
    ],
    ["small.json", small, "it has 4 tokens, start 49406 and end 49407, but CLIP has 49408"],
    ["broken.json", "{", "not CLIP's vocabulary: Expected property name"],
    ["plain.txt", "hello", "it needs 48894 merges of two tokens, but it has 0"],
  ] as const) {
    await writeFile(join(root, name), text);
    const foreign = await clipTokenizerState({ root, file: name });
    await expect(openTokenizer(foreign, { root }), name).rejects.toThrow(message);
  }
});

test("a merge without two tokens is reported with its line", () => {
  const lines = content.split("\n");
  lines[2] = "dog";
  expect(() => clipVocabulary(lines.join("\n"))).toThrow('but line 3 is "dog"');
});
