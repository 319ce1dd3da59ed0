import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { foldIn, key } from "../../random/index.ts";
import {
  checkSampling,
  logProbabilities,
  nextTokenProbabilities,
  type SamplingOptions,
  sampleToken,
} from "./sampling.ts";

const logits = [0.5, 0.25, 0.125, 0.125].map(Math.log);

function expectProbabilities(options: SamplingOptions, expected: number[], seen?: number[]): void {
  const found = nextTokenProbabilities(logits, options, seen);
  for (const [i, p] of expected.entries()) expect(found[i]).toBeCloseTo(p, 12);
}

describe("probabilities of the next token", () => {
  test("softmax without options", () => expectProbabilities({}, [0.5, 0.25, 0.125, 0.125]));

  test("temperature 1/2 squares the odds", () => {
    // 16 : 4 : 1 : 1
    expectProbabilities({ temperature: 0.5 }, [16 / 22, 4 / 22, 1 / 22, 1 / 22]);
  });

  test("temperature 0 selects the most probable token, the first in ties", () => {
    expectProbabilities({ temperature: 0 }, [1, 0, 0, 0]);
    expect([...nextTokenProbabilities([1, 3, 3], { temperature: 0 })]).toEqual([0, 1, 0]);
  });

  test("top-k keeps k tokens, and ties with the last", () => {
    expectProbabilities({ topK: 2 }, [2 / 3, 1 / 3, 0, 0]);
    expectProbabilities({ topK: 3 }, [0.5, 0.25, 0.125, 0.125]);
    expectProbabilities({ topK: 9 }, [0.5, 0.25, 0.125, 0.125]);
  });

  test("top-p keeps the smallest set that reaches the sum", () => {
    expectProbabilities({ topP: 0.5 }, [1, 0, 0, 0]);
    expectProbabilities({ topP: 0.51 }, [2 / 3, 1 / 3, 0, 0]);
    expectProbabilities({ topP: 0.8 }, [4 / 7, 2 / 7, 1 / 7, 0]);
    expectProbabilities({ topP: 1 }, [0.5, 0.25, 0.125, 0.125]);
  });

  test("the penalty divides positive logits and multiplies negative ones, once per token", () => {
    const found = nextTokenProbabilities([2, -1, 0], { repetitionPenalty: 2 }, [0, 1, 1, 0]);
    const odds = [1, -2, 0].map(Math.exp);
    const total = odds.reduce((sum, odd) => sum + odd);
    for (const [i, odd] of odds.entries()) expect(found[i]).toBeCloseTo(odd / total, 12);
  });

  test("they sum to 1 and keep the order of the logits", () => {
    const options = fc.record({
      temperature: fc.double({ min: 0.05, max: 5, noNaN: true }),
      topK: fc.integer({ min: 1, max: 12 }),
      topP: fc.double({ min: 0.01, max: 1, noNaN: true }),
    });
    const scores = fc.array(
      fc.integer({ min: -160, max: 160 }).map((n) => n / 8),
      {
        minLength: 1,
        maxLength: 12,
      },
    );
    fc.assert(
      fc.property(scores, options, (own, given) => {
        const found = nextTokenProbabilities(own, given);
        expect(found.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 9);
        const most = own.indexOf(Math.max(...own));
        expect(found[most]).toBe(Math.max(...found));
        expect([...found].every((p) => p >= 0)).toBe(true);
      }),
      { seed: 1 },
    );
  });
});

test("tokens are sampled according to their probabilities", () => {
  const probabilities = nextTokenProbabilities(logits, { topK: 2 });
  const counts = [0, 0, 0, 0];
  const draws = 6000;
  for (let i = 0; i < draws; i++) counts[sampleToken(probabilities, foldIn(key(3), i))]!++;
  // Standard deviation of the first fraction: sqrt(2/9 / 6000) = 0.006.
  expect(Math.abs(counts[0]! / draws - 2 / 3)).toBeLessThan(0.025);
  expect(counts[0]! + counts[1]!).toBe(draws);
});

test("equal keys sample equal tokens", () => {
  const probabilities = nextTokenProbabilities(logits);
  const drawn = Array.from({ length: 20 }, (_, i) => sampleToken(probabilities, foldIn(key(1), i)));
  const again = Array.from({ length: 20 }, (_, i) => sampleToken(probabilities, foldIn(key(1), i)));
  expect(again).toEqual(drawn);
  expect(new Set(drawn).size).toBeGreaterThan(1);
});

test("logarithms of probabilities do not overflow", () => {
  const [high, low] = logProbabilities([1000, 999]);
  expect(high).toBeCloseTo(-Math.log(1 + Math.exp(-1)), 12);
  expect(low).toBeCloseTo(-1 - Math.log(1 + Math.exp(-1)), 12);
});

test.each([
  [{ temperature: -1 }, "temperature must be 0 (greedy) or more, got -1"],
  [{ topK: 0 }, "top_k must be a whole number >= 1, got 0"],
  [{ topP: 1.5 }, "top_p must be above 0 and at most 1, got 1.5"],
  [{ repetitionPenalty: 0 }, "repetition_penalty must be above 0, got 0"],
])("%o is rejected", (options, message) => {
  expect(() => checkSampling(options)).toThrow(message);
});
