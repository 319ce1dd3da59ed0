/** Generation after a prefix: the captions of a tiny SeeMoE. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { NdArray } from "../../graph/array.ts";
import { tinySeeMoe } from "../../models/seemoe/seemoe.fixture.ts";
import { normalArray } from "../../nn/scope.fixture.ts";
import { foldIn, key } from "../../random/index.ts";
import { beamSearch } from "./beam-search.ts";
import { argMax, decoderOf, type TinyDecoder } from "./decoder.fixture.ts";
import { collect, type GenerateOptions, generate } from "./generate.ts";
import { logProbabilities, nextTokenProbabilities, sampleToken } from "./sampling.ts";

/** Captions of up to 10 tokens, 9 of them readable. */
const CONTEXT = 10;
const images = normalArray("images", [3, 3, 8, 8]);
const imageOf = (row: number): NdArray<"float32"> => ({
  dtype: "float32",
  shape: [1, 3, 8, 8],
  data: images.data.slice(row * 192, (row + 1) * 192),
});

describe.each(["cls", "patches"])("after the prefix %s", (pool) => {
  let tiny: TinyDecoder;
  beforeAll(async () => {
    const vision = { pool, moe_layers: "all" };
    const settings = { context_length: CONTEXT, embedding_std: 0.2 };
    tiny = await decoderOf(tinySeeMoe(settings, vision), { experts: true, seed: 2 });
  });
  afterAll(() => tiny.decoder.dispose());

  /** Logits of the next token from a full pass over the image and all tokens, up to any padding. */
  async function scores(row: number, tokens: readonly number[]): Promise<number[]> {
    const padded = tokens.length > 0 ? tokens : [0];
    return (await tiny.full(padded, imageOf(row)))[tokens.length]!;
  }

  const captions = (options: GenerateOptions, prompts: readonly (readonly number[])[]) =>
    collect(generate(tiny.decoder, prompts, { prefix: images, ...options }));

  test("greedy text equals a full pass for every token", async () => {
    const expected: number[][] = [];
    for (let row = 0; row < 3; row++) {
      const tokens: number[] = [];
      while (tokens.length < 6) tokens.push(argMax(await scores(row, tokens)));
      expected.push(tokens);
    }
    const options = { maxNewTokens: 6, temperature: 0 };
    const found = await captions(options, [[], [], []]);
    expect(found.map(({ ids }) => ids)).toEqual(expected);
    const uncached = await captions({ ...options, useCache: false }, [[], [], []]);
    expect(uncached.map(({ ids }) => ids)).toEqual(expected);
    expect(new Set(expected.map(String)).size).toBeGreaterThan(1); // different images give different texts
  });

  test("the same key samples the same text, independently for each image", async () => {
    const options = { maxNewTokens: 5, temperature: 1.5, topK: 5, repetitionPenalty: 1.3 };
    const found = await captions({ ...options, key: key(4) }, [[1], [1], [1]]);
    const tokens = [1];
    for (let index = 0; index < 5; index++) {
      const probabilities = nextTokenProbabilities(await scores(2, tokens), options, tokens);
      tokens.push(sampleToken(probabilities, foldIn(foldIn(key(4), 2), index)));
    }
    expect(found[2]!.ids).toEqual(tokens.slice(1));
    expect(await captions({ ...options, key: key(4) }, [[1], [1], [1]])).toEqual(found);
  });

  test("text ends with the context and reports it", async () => {
    const [all] = await captions({ maxNewTokens: 50, temperature: 0, prefix: imageOf(0) }, [[]]);
    expect([all!.ids.length, all!.ended]).toEqual([CONTEXT, "context"]);
    const [rest] = await captions({ maxNewTokens: 50, prefix: imageOf(0) }, [[1, 2, 3]]);
    expect([rest!.ids.length, rest!.ended]).toEqual([CONTEXT - 3, "context"]);
    const [exact] = await captions({ maxNewTokens: CONTEXT, prefix: imageOf(0) }, [[]]);
    expect(exact!.ended).toBe("length");
    const beams = await beamSearch(tiny.decoder, [], { maxNewTokens: 50, prefix: imageOf(0) });
    expect(beams.map(({ ids, ended }) => [ids.length, ended])).toContainEqual([CONTEXT, "context"]);
    const long = Array(CONTEXT).fill(1);
    await expect(captions({ maxNewTokens: 1, prefix: imageOf(0) }, [long])).rejects.toThrow(
      "a prompt of 10 tokens does not fit the model's context, which has 9 tokens after the prefix",
    );
  });

  test("a stop token ends only its caption", async () => {
    const free = await captions({ maxNewTokens: 6, temperature: 0 }, [[], [], []]);
    const stop = free[0]!.ids[1]!;
    const found = await captions({ maxNewTokens: 6, temperature: 0, stopTokens: [stop] }, [
      [],
      [],
      [],
    ]);
    for (const [row, { ids, ended }] of found.entries()) {
      const at = free[row]!.ids.indexOf(stop);
      expect(ids).toEqual(at < 0 ? free[row]!.ids : free[row]!.ids.slice(0, at + 1));
      expect(ended).toBe(at < 0 ? "length" : "stop");
    }
    expect(found[0]!.ended).toBe("stop");
  });

  test("one beam is greedy, and many beams give the most probable text", async () => {
    const prefix = imageOf(1);
    const [greedy] = await captions({ maxNewTokens: 4, temperature: 0, prefix }, [[]]);
    const [one] = await beamSearch(tiny.decoder, [], { maxNewTokens: 4, numBeams: 1, prefix });
    expect(one!.ids).toEqual(greedy!.ids);
    let [best, most] = [[] as number[], -Infinity];
    const first = logProbabilities(await scores(1, []));
    for (let a = 0; a < 7; a++) {
      const second = logProbabilities(await scores(1, [a]));
      for (let b = 0; b < 7; b++) {
        if (first[a]! + second[b]! > most) [best, most] = [[a, b], first[a]! + second[b]!];
      }
    }
    const [found] = await beamSearch(tiny.decoder, [], { maxNewTokens: 2, numBeams: 7, prefix });
    expect(found!.ids).toEqual(best);
    expect(found!.logProbability).toBeCloseTo(most, 4);
  });

  test("experts of visual tokens and of words are reported, in the layers of the decoder", async () => {
    const [found] = await captions({ maxNewTokens: 4, temperature: 0, prefix: imageOf(0) }, [[]]);
    const numVisual = pool === "cls" ? 1 : 4;
    expect(tiny.decoder.expertLayers).toEqual(["decoder.blocks.0.moe", "decoder.blocks.1.moe"]);
    expect(found!.experts.length).toBe(numVisual + 3);
    for (const layers of found!.experts) {
      expect(layers.map((ids) => new Set(ids).size)).toEqual([2, 2]);
      expect(layers.flat().every((e) => e >= 0 && e < 4)).toBe(true);
    }
    const state = tiny.decoder.open(1, imageOf(0));
    await state.prefill([found!.ids.slice(0, 3)]);
    expect(state.experts(0)).toEqual(found!.experts);
    state.dispose();
  });

  test("a prefix of another shape is rejected", () => {
    expect(() => tiny.decoder.open(2)).toThrow("needs a prefix of [2, 3, 8, 8]");
    expect(() => tiny.decoder.open(2, images)).toThrow("got [3, 3, 8, 8]");
  });
});
