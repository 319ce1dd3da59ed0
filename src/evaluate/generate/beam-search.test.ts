import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { beamSearch } from "./beam-search.ts";
import { argMax, type TinyDecoder, tinyDecoder } from "./decoder.fixture.ts";
import { logProbabilities } from "./sampling.ts";

const [V, T, STOP] = [4, 4, 3];
const prompt = [1, 0];
let tiny: TinyDecoder;
beforeAll(async () => {
  tiny = await tinyDecoder({ vocabularySize: V, contextLength: 8 });
});
afterAll(() => tiny.decoder.dispose());

interface Text {
  readonly ids: readonly number[];
  readonly logProbability: number;
}

/** All continuations of up to `T` tokens that end with the stop token or at maximum length. */
async function everyText(): Promise<Text[]> {
  const texts: Text[] = [];
  const visit = async (ids: readonly number[], logProbability: number): Promise<void> => {
    if (ids.length === T || ids.at(-1) === STOP) {
      texts.push({ ids, logProbability });
      return;
    }
    const logs = logProbabilities((await tiny.full([...prompt, ...ids])).at(-1)!);
    for (const [id, log] of logs.entries()) await visit([...ids, id], logProbability + log);
  };
  await visit([], 0);
  return texts;
}

describe("with one beam per possible text", () => {
  let texts: Text[];
  beforeAll(async () => {
    texts = await everyText();
  });

  test("the probabilities of all texts sum to 1", () => {
    expect(texts.length).toBe(1 + 3 + 9 + 27 * 4);
    const total = texts.reduce((sum, text) => sum + Math.exp(text.logProbability), 0);
    expect(total).toBeCloseTo(1, 5);
  });

  test.each([0, 0.6, 1, 2])("the search finds the best texts at alpha %f", async (alpha) => {
    const ranked = texts
      .map(({ ids, logProbability }) => ({
        ids,
        score: logProbability / ((5 + ids.length) / 6) ** alpha,
      }))
      .sort((a, b) => b.score - a.score);
    const found = await beamSearch(tiny.decoder, prompt, {
      maxNewTokens: T,
      numBeams: 27,
      lengthPenalty: alpha,
      stopTokens: [STOP],
    });
    expect(found.length).toBe(27);
    for (const [i, beam] of found.slice(0, 10).entries()) {
      expect(beam.ids).toEqual(ranked[i]!.ids);
      expect(beam.score).toBeCloseTo(ranked[i]!.score, 4);
      expect(beam.ended).toBe(beam.ids.at(-1) === STOP ? "stop" : "length");
    }
  });
});

test("one beam is greedy", async () => {
  const tokens = [...prompt];
  for (let i = 0; i < 9; i++) tokens.push(argMax((await tiny.full(tokens.slice(-8))).at(-1)!));
  const [beam] = await beamSearch(tiny.decoder, prompt, { maxNewTokens: 9, numBeams: 1 });
  expect(beam!.ids).toEqual(tokens.slice(2));
});

test("many beams find a more probable text than one, with and without the cache", async () => {
  const best = async (numBeams: number): Promise<number> => {
    const options = { maxNewTokens: 10, numBeams, keepTokens: 8 };
    return (await beamSearch(tiny.decoder, prompt, options))[0]!.logProbability;
  };
  const [one, many] = [await best(1), await best(64)];
  expect(many).toBeGreaterThan(one);
  const options = { maxNewTokens: 10, numBeams: 3, keepTokens: 4 };
  const cached = await beamSearch(tiny.decoder, prompt, options);
  const plain = await beamSearch(tiny.decoder, prompt, { ...options, useCache: false });
  expect(plain.map(({ ids }) => ids)).toEqual(cached.map(({ ids }) => ids));
});

test.each([
  [{ numBeams: 0 }, "num_beams must be a whole number from 1 to 1024, got 0"],
  [{ lengthPenalty: -1 }, "length_penalty must be 0 or more, got -1"],
])("%o is rejected", async (options, message) => {
  await expect(beamSearch(tiny.decoder, prompt, { maxNewTokens: 2, ...options })).rejects.toThrow(
    message,
  );
});
