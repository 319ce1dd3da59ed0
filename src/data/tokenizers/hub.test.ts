import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openTokenizer } from "./files.ts";
import { createHubTokenizer } from "./hub.ts";
import { hubTokenizerState } from "./hub-file.ts";

interface Fixture {
  readonly file: Record<string, unknown>;
  readonly size: number;
  readonly samples: readonly {
    readonly text: string;
    readonly ids: number[];
    readonly decoded: string;
  }[];
}
/** Of the Python library `tokenizers`; see fixtures/hub_tokenizers.py. */
const fixtures: Readonly<Record<"gpt2" | "bert" | "llama" | "t5", Fixture>> = JSON.parse(
  readFileSync(new URL("../fixtures/hub-tokenizers.json", import.meta.url), "utf8"),
);
const folder = mkdtempSync(join(tmpdir(), "moesaic-hub-"));
afterAll(() => rmSync(folder, { recursive: true }));
const state = (content: Record<string, unknown>) => ({ kind: "hub", content, config: {} }) as const;

test.each(Object.entries(fixtures))(
  "%s gives the ids of the Python library",
  (_, { file, size, samples }) => {
    const tokenizer = createHubTokenizer(state(file));
    expect(tokenizer.vocabularySize).toBe(size);
    for (const { text, ids, decoded } of samples) {
      expect(tokenizer.encode(text)).toEqual(ids);
      expect(tokenizer.decode(ids).trim()).toBe(decoded.trim());
    }
  },
);

test("start, end, pad and unknown are the tokens of the file, or the ones of the settings", () => {
  expect(createHubTokenizer(state(fixtures.bert.file))).toMatchObject({
    startId: 2,
    endId: 3,
    padId: 0,
    unknownId: 1,
  });
  expect(createHubTokenizer(state(fixtures.t5.file))).toMatchObject({
    endId: 1,
    padId: 0,
    unknownId: 2,
  });
  const gpt2 = createHubTokenizer(state(fixtures.gpt2.file));
  expect(gpt2).not.toHaveProperty("endId");
  const ended = createHubTokenizer({ ...state(fixtures.gpt2.file), end: "<|endoftext|>" });
  const [sample] = fixtures.gpt2.samples;
  expect(ended.encode(sample!.text)).toEqual([...sample!.ids, ended.endId]);
  expect(() => createHubTokenizer({ ...state(fixtures.gpt2.file), end: "</s>" })).toThrow(
    "the tokenizer.json has no token </s>; correct data.tokenizer.end",
  );
});

test("a file or its folder is read; other files are named", async () => {
  mkdirSync(join(folder, "bert"));
  writeFileSync(join(folder, "bert/tokenizer.json"), JSON.stringify(fixtures.bert.file));
  for (const file of ["bert", "bert/tokenizer.json"]) {
    const tokenizer = await openTokenizer(await hubTokenizerState(file, { root: folder }));
    expect(tokenizer.encode("")).toEqual([2, 3]);
  }
  const read = (file: string) => hubTokenizerState(file, { root: folder });
  await expect(read("none.json")).rejects.toThrow("none.json is missing; set data.tokenizer.file");
  mkdirSync(join(folder, "t5"));
  writeFileSync(join(folder, "t5/spiece.model"), "x");
  await expect(read("t5")).rejects.toThrow(
    "has no tokenizer.json; convert the tokenizer in Python",
  );
  await expect(read("t5/spiece.model")).rejects.toThrow("spiece.model is no tokenizer.json");
  writeFileSync(join(folder, "vocab.json"), '{"a": 0}');
  await expect(read("vocab.json")).rejects.toThrow("it has no model with a vocabulary");
});
