import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { createDecoder } from "../evaluate/generate/decoder.ts";
import { collect, generate } from "../evaluate/generate/generate.ts";
import { array, type NdArray, toNumbers } from "../graph/array.ts";
import { nativeRuntime } from "../runtime/native/native.ts";
import { openPretrained } from "./open-pretrained.ts";
import { chooseWeightType, weightBytes } from "./weight-type.ts";

const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}/`, import.meta.url));
const parameters = [
  { name: "a.weight", shape: [10, 100] },
  { name: "b.weight", shape: [10, 50] },
  { name: "a.bias", shape: [10] },
];

test("matrices take two bytes a number, and the largest is cast while it is used", () => {
  expect(weightBytes(parameters, "float32")).toBe(4 * 1510);
  expect(weightBytes(parameters, "bfloat16")).toBe(2 * 1500 + 4 * 10 + 4 * 1000);
});

test("float32 is used if it fits, then bfloat16 with a note, and the rest is refused", () => {
  const many = Array.from({ length: 100 }, (_, i) => ({ name: `${i}`, shape: [100, 100] }));
  const notes: string[] = [];
  const choose = (available: number, choice: "auto" | "float32" | "bfloat16" = "auto") =>
    chooseWeightType(choice, {
      ...{ folder: "big", parameters: many, available },
      note: (line) => notes.push(line),
    });
  expect(choose(4_000_000)).toBe("float32");
  expect(notes).toEqual([]);
  expect(choose(3_999_999)).toBe("bfloat16");
  expect(notes).toEqual([
    "the weights of big need 4.00 MB as float32, and 4.00 MB of memory are available: matrices are held as bfloat16 (2.04 MB) and cast where they are used",
  ]);
  expect(() => choose(2_000_000)).toThrow("as bfloat16 they need 2.04 MB, so close other programs");
  expect([choose(0, "float32"), choose(0, "bfloat16")]).toEqual(["float32", "bfloat16"]);
});

test.each(["qwen3_moe", "gpt_oss", "llama"])(
  "%s computes with bfloat16 weights what it computes with the same numbers as float32",
  async (name) => {
    const { model, readWeights } = await openPretrained(fixture(name));
    const narrow = await readWeights({ type: "bfloat16" });
    const types = [...narrow].map(
      ([, { dtype, shape }]) => `${dtype} ${Math.min(shape.length, 2)}`,
    );
    expect(new Set(types)).toEqual(new Set(["bfloat16 2", "float32 1"]));
    const widened = new Map<string, NdArray>(
      [...narrow].map(([key, value]) => [
        key,
        { ...array(toNumbers(value)), shape: value.shape } as NdArray,
      ]),
    );
    const logits = async (weights: ReadonlyMap<string, NdArray>) => {
      using decoder = await createDecoder(model, { runtime: nativeRuntime(), weights });
      const steps = generate(decoder, [[3, 1, 4]], { maxNewTokens: 8, temperature: 0 });
      return await collect(steps);
    };
    expect(await logits(narrow)).toEqual(await logits(widened));
  },
);
