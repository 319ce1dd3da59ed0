import { beforeEach, expect, test } from "vitest";
import type { TextDataset } from "../../src/data/dataset.ts";
import { openAgNews, openShakespeare, openSst2 } from "../../src/data/text/index.ts";
import { createTokenizer, encodeFixed, learnTokenizer } from "../../src/data/tokenizers/index.ts";
import { needs, root } from "./data.fixture.ts";

beforeEach((context) => needs(context, "tinyshakespeare", "sst2", "ag_news"));

const splits = ["train", "validation", "test"] as const;
const texts = (set: TextDataset): string[] =>
  Array.from({ length: set.length }, (_, index) => set.get(index).text);
const classCounts = (set: TextDataset): number[] => {
  const counts = set.classNames.map(() => 0);
  for (let index = 0; index < set.length; index++) counts[set.get(index).label]!++;
  return counts;
};

test("tiny-shakespeare has makeMoE's 65 characters and its split", async () => {
  const [train, validation] = await Promise.all(
    (["train", "validation"] as const).map((split) =>
      openShakespeare({ name: "tinyshakespeare", split, root }),
    ),
  );
  expect([train!.text.length, validation!.text.length]).toEqual([1_003_854, 111_540]);
  const tokenizer = createTokenizer(learnTokenizer("character", [train!.text, validation!.text]));
  expect(tokenizer.vocabularySize).toBe(65);
  expect(tokenizer.state).toMatchObject({
    characters: "\n !$&',-.3:;?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
  });
  expect(tokenizer.encode("hii there")).toEqual([46, 47, 47, 1, 58, 46, 43, 56, 43]);
  const ids = tokenizer.encode(train!.text);
  expect(tokenizer.decode(ids)).toBe(train!.text);
});

test("SST-2 has the published counts", async () => {
  const sets = await Promise.all(splits.map((split) => openSst2({ name: "sst2", split, root })));
  expect(sets.map(classCounts)).toEqual([
    [3310, 3610],
    [428, 444],
    [912, 909],
  ]);
  expect(sets[1]!.get(0)).toEqual({ index: 0, text: "one long string of cliches", label: 0 });

  const words = createTokenizer(learnTokenizer("word", texts(sets[0]!), { vocabularySize: 8000 }));
  expect(words.vocabularySize).toBe(8000);
  const tokens = texts(sets[2]!).flatMap((text) => words.encode(text));
  const unknown = tokens.filter((id) => id === words.unknownId).length;
  expect(unknown / tokens.length).toBeLessThan(0.1);
});

test("AG News splits into 6,000, 600 and 1,000 different texts of four classes", async () => {
  const sets = await Promise.all(
    splits.map((split) => openAgNews({ name: "ag_news", split, root })),
  );
  expect(sets.map((set) => set.length)).toEqual([6000, 600, 1000]);
  const totals = sets.map(classCounts).reduce((sum, part) => sum.map((n, at) => n + part[at]!));
  expect(totals).toEqual([1900, 1900, 1900, 1900]);
  expect(new Set(sets.flatMap(texts)).size).toBe(7600);

  const training = texts(sets[0]!);
  const bpe = createTokenizer(learnTokenizer("bpe", training, { vocabularySize: 4096 }));
  expect(bpe.vocabularySize).toBe(4096);
  for (const text of texts(sets[2]!)) expect(bpe.decode(bpe.encode(text))).toBe(text);
  const row = encodeFixed(bpe, training[0]!, 16);
  expect([row.length, row.cut]).toEqual([16, true]);
});
