import { expect, test } from "vitest";
import { array, toNumbers } from "../../graph/array.ts";
import { mul } from "../../ops/arithmetic.ts";
import { reduceSum } from "../../ops/reduce.ts";
import { evaluate, valueAndGradients } from "../../runtime/evaluate.ts";
import { rotate, rotation } from "./rotary.ts";
import { rotaryFrequencies, yarnFactor } from "./rotary-frequencies.ts";

/** Rotates a head of four features at a position. */
async function turned(x: number[], position: number, interleaved: boolean): Promise<number[]> {
  const [y] = await evaluate(
    (heads, places) => rotate(heads, rotation(places, { width: 4, theta: 100 }), { interleaved }),
    [array([x]), array([position], "int64")],
  );
  return toNumbers(y!);
}

test("pairs turn by angles that fall from 1 to theta^-1/2 per position", async () => {
  const [c1, s1, c2, s2] = [Math.cos(3), Math.sin(3), Math.cos(0.3), Math.sin(0.3)];
  const halves = [c1 - 3 * s1, 2 * c2 - 4 * s2, 3 * c1 + s1, 4 * c2 + 2 * s2];
  const pairs = [c1 - 2 * s1, 2 * c1 + s1, 3 * c2 - 4 * s2, 4 * c2 + 3 * s2];
  for (const [i, x] of (await turned([1, 2, 3, 4], 3, false)).entries()) {
    expect(x).toBeCloseTo(halves[i]!, 5);
  }
  for (const [i, x] of (await turned([1, 2, 3, 4], 3, true)).entries()) {
    expect(x).toBeCloseTo(pairs[i]!, 5);
  }
});

test("scores depend on the distance of two tokens only", async () => {
  const dot = async (a: number, b: number): Promise<number> => {
    const [x, y] = await Promise.all([turned([1, 2, -1, 0.5], a, false), turned([0.3, 1, 2, -1], b, false)]); // biome-ignore format: one expression
    return x!.reduce((sum, value, i) => sum + value * y![i]!, 0);
  };
  expect(await dot(9, 4)).toBeCloseTo(await dot(5, 0), 4);
  expect(Math.abs((await dot(9, 4)) - (await dot(9, 5)))).toBeGreaterThan(0.1);
});

test("features beyond the width stay, and the gradient turns back", async () => {
  const direction = array([[Math.cos(1), Math.sin(1), 1]]);
  const { value, gradients } = await valueAndGradients(
    (x, places, along) => reduceSum(mul(rotate(x, rotation(places, { width: 2 })), along)),
    [array([[1, 0, 7]]), array([1], "int64"), direction],
    { wrt: [0] },
  );
  expect(toNumbers(value)[0]).toBeCloseTo(8, 5);
  for (const [i, slope] of [1, 0, 1].entries()) {
    expect(toNumbers(gradients[0]!)[i]).toBeCloseTo(slope, 5);
  }
});

test("an odd width is refused", () => {
  expect(() => rotaryFrequencies({ width: 3 })).toThrow(/even number of features, got 3/);
});

test("LongRoPE divides each frequency by its own factor", () => {
  const scaling = { kind: "longrope", factors: [1, 4], attentionFactor: 1.2 } as const;
  const { frequencies, factor } = rotaryFrequencies({ width: 4, theta: 100, scaling });
  expect(frequencies).toEqual([1, 0.1 / 4]);
  expect(factor).toBe(1.2);
  expect(() => rotaryFrequencies({ width: 6, scaling })).toThrow("LongRoPE needs 3 factors, got 2");
});

test("linear scaling divides, llama3 keeps high frequencies, YaRN raises scores", () => {
  const plain = rotaryFrequencies({ width: 4 }).frequencies;
  const linear = rotaryFrequencies({ width: 4, scaling: { kind: "linear", factor: 2 } });
  expect(linear.frequencies).toEqual(plain.map((x) => x / 2));
  const llama = rotaryFrequencies({
    width: 4,
    scaling: {
      ...{ kind: "llama3", factor: 8, originalContext: 64 },
      ...{ lowFrequencyFactor: 1, highFrequencyFactor: 4 },
    },
  });
  expect(llama.frequencies).toEqual([1, plain[1]! / 8]);
  const yarn = rotaryFrequencies({ width: 4, scaling: { kind: "yarn", factor: 8, originalContext: 64 } }); // biome-ignore format: one call
  expect(yarn.factor).toBe(yarnFactor(8));
  expect(yarn.frequencies[1]).toBeCloseTo(plain[1]! / 8, 10);
});
