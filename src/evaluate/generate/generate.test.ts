import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { foldIn, key } from "../../random/index.ts";
import { webRuntime } from "../../runtime/web/web.ts";
import { beamSearch } from "./beam-search.ts";
import { argMax, type TinyDecoder, tinyDecoder } from "./decoder.fixture.ts";
import { collect, type GenerateOptions, generate } from "./generate.ts";
import { nextTokenProbabilities, sampleToken } from "./sampling.ts";

const prompt = [1, 4];
let tiny: TinyDecoder;
beforeAll(async () => {
  tiny = await tinyDecoder({ experts: true });
});
afterAll(() => tiny.decoder.dispose());

/** The continuation of one prompt. */
async function one(options: GenerateOptions, from: readonly number[] = prompt) {
  const [result] = await collect(generate(tiny.decoder, [from], options));
  return result!;
}

describe("generation equals a full pass for every token", () => {
  test("greedily", async () => {
    const tokens = [...prompt];
    for (let i = 0; i < 10; i++) tokens.push(argMax((await tiny.full(tokens)).at(-1)!));
    const { ids, ended } = await one({ maxNewTokens: 10, temperature: 0 });
    expect(ids).toEqual(tokens.slice(2));
    expect(ended).toBe("length");
  });

  test("by sampling", async () => {
    const options = { temperature: 1.3, topK: 4, topP: 0.9, repetitionPenalty: 1.2 };
    const tokens = [...prompt];
    for (let i = 0; i < 10; i++) {
      const logits = (await tiny.full(tokens)).at(-1)!;
      const probabilities = nextTokenProbabilities(logits, options, tokens);
      tokens.push(sampleToken(probabilities, foldIn(foldIn(key(5), 0), i)));
    }
    const { ids } = await one({ ...options, maxNewTokens: 10, key: key(5) });
    expect(ids).toEqual(tokens.slice(2));
    expect(new Set(ids).size).toBeGreaterThan(2);
  });

  // After `contextLength` = 12 tokens the model reads the last ones at positions 0, 1, ...
  test.each([
    [12, 12],
    [6, 6],
    [1, 1],
  ])("beyond the context, keeping %i tokens", async (keepTokens) => {
    const tokens = [...prompt];
    let start = 0;
    for (let i = 0; i < 24; i++) {
      if (tokens.length - start > 12) start = tokens.length - keepTokens;
      const logits = (await tiny.full(tokens.slice(start))).at(-1)!;
      tokens.push(sampleToken(nextTokenProbabilities(logits), foldIn(foldIn(key(2), 0), i)));
    }
    const options = { maxNewTokens: 24, keepTokens, key: key(2) };
    expect((await one(options)).ids).toEqual(tokens.slice(2));
    expect((await one({ ...options, useCache: false })).ids).toEqual(tokens.slice(2));
  });

  test("for a prompt that is longer than the context", async () => {
    const long = Array.from({ length: 30 }, (_, i) => (i * i) % 5);
    const expected = argMax((await tiny.full(long.slice(-12))).at(-1)!);
    const { ids } = await one({ maxNewTokens: 1, temperature: 0 }, long);
    expect(ids).toEqual([expected]);
  });
});

test("equal keys give equal texts, different keys different texts", async () => {
  const draw = async (seed: number) => (await one({ maxNewTokens: 16, key: key(seed) })).ids;
  expect(await draw(1)).toEqual(await draw(1));
  expect(await draw(2)).not.toEqual(await draw(1));
});

test("the web runtime gives the tokens of the native runtime", async () => {
  const web = await tinyDecoder({ runtime: await webRuntime({ numThreads: 1 }) });
  const options = { maxNewTokens: 20, keepTokens: 6, key: key(3) };
  const [found] = await collect(generate(web.decoder, [prompt], options));
  web.decoder.dispose();
  expect(found!.ids).toEqual((await one(options)).ids);
});

test("prompts of a batch are independent", async () => {
  const prompts = [prompt, [0, 0, 3, 2, 1, 4, 4, 2, 0], [3]];
  const options = { maxNewTokens: 14, temperature: 0, keepTokens: 5 };
  const together = await collect(generate(tiny.decoder, prompts, options));
  for (const [r, from] of prompts.entries()) {
    const alone = await one(options, from);
    expect(together[r]!.ids).toEqual(alone.ids);
    expect(together[r]!.logProbability).toBeCloseTo(alone.logProbability, 4);
  }
});

test("a stop token ends only its sequence", async () => {
  const free = await collect(
    generate(tiny.decoder, [prompt, [3]], { maxNewTokens: 12, key: key(4) }),
  );
  const stop = free[0]!.ids[3]!;
  const at = free.map(({ ids }) => ids.indexOf(stop));
  const stopped = await collect(
    generate(tiny.decoder, [prompt, [3]], { maxNewTokens: 12, key: key(4), stopTokens: [stop] }),
  );
  for (const [r, { ids, ended }] of stopped.entries()) {
    const length = at[r] === -1 ? 12 : at[r]! + 1;
    expect(ids).toEqual(free[r]!.ids.slice(0, length));
    expect(ended).toBe(at[r] === -1 ? "length" : "stop");
  }
  expect(stopped[0]!.ids.length).toBeLessThanOrEqual(4);
});

test("a stop text ends its sequence in beam search and in sampling", async () => {
  const decode = (ids: readonly number[]): string => ids.map((id) => "abcde"[id]).join("");
  const options = { maxNewTokens: 12, decode, key: key(4) };
  const free = (await one(options)).text;
  const stop = free.slice(3, 5);
  const stopped = await one({ ...options, stopTexts: [stop] });
  expect(stopped.text).toBe(free.slice(0, free.indexOf(stop)));
  expect([stopped.ended, stopped.ids.length]).toEqual(["stop", free.indexOf(stop) + 2]);

  const [best] = await beamSearch(tiny.decoder, prompt, { ...options, numBeams: 1 });
  const end = best!.text.slice(2, 4);
  const [cut] = await beamSearch(tiny.decoder, prompt, {
    ...options,
    numBeams: 1,
    stopTexts: [end],
  });
  expect(cut).toMatchObject({ text: best!.text.slice(0, best!.text.indexOf(end)), ended: "stop" });
});

test("steps are yielded one by one, with text and experts", async () => {
  const decode = (ids: readonly number[]): string => ids.map((id) => "abcde"[id]).join("");
  const seen: string[] = [];
  const steps = generate(tiny.decoder, [prompt], { maxNewTokens: 6, decode, key: key(1) });
  for await (const { ids, text, experts, logProbabilities } of steps) {
    expect(text).toEqual(["abcde"[ids[0]!]]);
    expect(experts[0]!.length).toBe(seen.length === 0 ? prompt.length : 1);
    expect(logProbabilities[0]).toBeLessThan(0);
    seen.push(text[0]!);
    if (seen.length === 3) break;
  }
  expect(seen).toEqual([...(await one({ maxNewTokens: 6, decode, key: key(1) })).text].slice(0, 3));
});

test("experts cover all tokens but the last, with and without rereading", async () => {
  const options = { maxNewTokens: 15, keepTokens: 12, key: key(6) };
  const { ids, experts } = await one(options);
  expect(experts.length).toBe(prompt.length + ids.length - 1);
  expect((await one({ ...options, useCache: false })).experts).toEqual(experts);
});

test("a multi-token character appears when it is complete", async () => {
  // Two tokens form a character; a single one decodes to the replacement character.
  const decode = (ids: readonly number[]): string =>
    `${"x".repeat(Math.floor(ids.length / 2))}${ids.length % 2 === 1 ? "\uFFFD" : ""}`;
  const texts: string[] = [];
  for await (const { text } of generate(tiny.decoder, [prompt], { maxNewTokens: 5, decode })) {
    texts.push(text[0]!);
  }
  expect(texts).toEqual(["", "x", "", "x", "\uFFFD"]);
});

test.each([
  [{ maxNewTokens: 0 }, [prompt], "max_new_tokens must be a whole number >= 1, got 0"],
  [{ maxNewTokens: 1 }, [[]], "a prompt needs at least one token"],
  [{ maxNewTokens: 1, keepTokens: 13 }, [prompt], "from 1 to the context length 12, got 13"],
  [{ maxNewTokens: 1, topP: 2 }, [prompt], "top_p must be above 0"],
  [{ maxNewTokens: 1 }, [[9]], "token 9 is outside the vocabulary of 5"],
])("%o on %o is rejected", async (options, prompts, message) => {
  await expect(collect(generate(tiny.decoder, prompts, options))).rejects.toThrow(message);
});
