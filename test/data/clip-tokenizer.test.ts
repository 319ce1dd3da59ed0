import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { downloadDataset } from "../../src/data/download.ts";
import { clipTokenizerState, openTokenizer } from "../../src/data/tokenizers/files.ts";
import { encodeFixed, type Tokenizer } from "../../src/data/tokenizers/index.ts";
import { needs, root } from "./data.fixture.ts";

const files = ["clip-bpe/tokenizer.json", "clip-bpe/bpe_simple_vocab_16e6.txt.gz"];

let empty = "";
beforeEach((context) => {
  needs(context, "clip-bpe");
  empty = mkdtempSync(join(tmpdir(), "moesaic-clip-"));
});
afterEach(() => {
  vi.unstubAllGlobals();
  rmSync(empty, { recursive: true, force: true });
});

const open = async (file: string): Promise<Tokenizer> =>
  openTokenizer(await clipTokenizerState({ root, file }), { root });

describe.each(files)("%s", (file) => {
  test("the golden texts have OpenAI's ids", async () => {
    const golden = JSON.parse(readFileSync(join(root, "clip-bpe/golden_ids.json"), "utf8")) as {
      text: string;
      openai_ids: number[];
    }[];
    const clip = await open(file);
    expect(golden).toHaveLength(13);
    for (const { text, openai_ids } of golden) expect(clip.encode(text), text).toEqual(openai_ids);
  });

  test("this file is sufficient", async () => {
    mkdirSync(join(empty, "clip-bpe"));
    copyFileSync(join(root, file), join(empty, file));
    const state = await clipTokenizerState({ root: empty });
    expect(state.file).toBe(file);
    const clip = await openTokenizer(state, { root: empty });
    expect(clip.encode("a photo of a cat")).toEqual([49_406, 320, 1125, 539, 320, 2368, 49_407]);
    // A run that was trained with the other file opens with this one too.
    const other = await clipTokenizerState({ root, file: files.find((one) => one !== file)! });
    expect((await openTokenizer(other, { root: empty })).encode("cat")).toEqual(clip.encode("cat"));
  });

  test("texts are decoded unchanged except for spaces between tokens", async () => {
    const clip = await open(file);
    const text = "two dogs playing in naïve snow 😀";
    expect(clip.decode(clip.encode(`${text.toUpperCase()} `))).toBe(text);
  });

  test("an entity is resolved, and a long caption keeps its end token", async () => {
    const clip = await open(file);
    expect(clip.encode("rock &amp;amp; roll")).toEqual(clip.encode("ROCK  & roll"));
    const { ids, cut } = encodeFixed(clip, "a photo of a cat ".repeat(30), 77);
    expect([ids[0], ids[76], cut]).toEqual([49_406, 49_407, true]);
    const empty = encodeFixed(clip, "", 77);
    expect([...empty.ids.slice(0, 3), empty.length]).toEqual([49_406, 49_407, 0, 2]);
  });
});

test("both files give the same ids for any text", async () => {
  const [first, second] = await Promise.all(files.map(open));
  const text = fc.oneof(fc.string({ unit: "grapheme" }), fc.string({ unit: "binary" }), fc.lorem());
  fc.assert(
    fc.property(text, (sample) => {
      const ids = first!.encode(sample);
      expect(second!.encode(sample)).toEqual(ids);
      expect(ids[0]).toBe(49_406);
      expect(ids.at(-1)).toBe(49_407);
    }),
    { numRuns: 300 },
  );
});

test("the file in the state can be replaced by the other one", async () => {
  const state = await clipTokenizerState({ root, file: files[1]! });
  const moved = { ...state, file: "elsewhere/bpe.txt.gz" };
  const clip = await openTokenizer(moved, { root });
  expect(clip.encode("a photo of a cat")).toEqual([49_406, 320, 1125, 539, 320, 2368, 49_407]);
});

test("the publisher's file is downloaded, checked and opened; other content is refused", async () => {
  const bytes = readFileSync(join(root, files[1]!));
  const asked: unknown[] = [];
  let answer = bytes;
  vi.stubGlobal("fetch", async (url: unknown) => {
    asked.push(String(url));
    return new Response(new Uint8Array(answer));
  });
  answer = Buffer.from(bytes);
  answer[1000]! ^= 1;
  await expect(downloadDataset("clip-bpe", { root: empty })).rejects.toThrow("md5");
  await expect(clipTokenizerState({ root: empty })).rejects.toThrow(
    'is missing; run "moesaic data get clip-bpe"',
  );
  answer = bytes;
  expect(await downloadDataset("clip-bpe", { root: empty })).toBe(join(empty, "clip-bpe"));
  expect(asked).toHaveLength(2);
  expect(asked[0]).toMatch(/openai\/CLIP\/[0-9a-f]{40}\/clip\/bpe_simple_vocab_16e6\.txt\.gz$/);
  const clip = await openTokenizer(await clipTokenizerState({ root: empty }), { root: empty });
  expect(clip.encode("a photo of a cat")).toEqual([49_406, 320, 1125, 539, 320, 2368, 49_407]);
});
