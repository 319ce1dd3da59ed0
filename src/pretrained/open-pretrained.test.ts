import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { decodeSafetensors, encodeSafetensors } from "../formats/safetensors.ts";
import { array, type NdArray, toNumbers } from "../graph/array.ts";
import { toBfloat16 } from "../graph/bfloat16.ts";
import { openPretrained } from "./open-pretrained.ts";

const fixtures = fileURLToPath(new URL("fixtures/", import.meta.url));
const temporary = mkdtempSync(join(tmpdir(), "moesaic-pretrained-"));
afterAll(() => rmSync(temporary, { recursive: true }));

let count = 0;
/** A copy of a fixture whose config.json and tensors are changed. */
function changed(
  name: string,
  {
    config = {},
    tensors = (stored) => stored,
  }: {
    readonly config?: object;
    readonly tensors?: (stored: Map<string, NdArray>) => Map<string, NdArray>;
  },
): string {
  const folder = join(temporary, String(count++));
  cpSync(join(fixtures, name), folder, { recursive: true });
  const path = join(folder, "config.json");
  const fields = JSON.parse(readFileSync(path, "utf8"));
  writeFileSync(path, JSON.stringify({ ...fields, ...config }));
  const weights = join(folder, "model.safetensors");
  const stored = decodeSafetensors(readFileSync(weights)).tensors;
  writeFileSync(weights, Buffer.concat(encodeSafetensors(tensors(stored))));
  return folder;
}

const without = (name: string) => (stored: Map<string, NdArray>) => {
  stored.delete(name);
  return stored;
};
const withTensor = (name: string, tensor: NdArray) => (stored: Map<string, NdArray>) =>
  stored.set(name, tensor);

/** Splits the weights of a folder into two files and an index. */
function shard(folder: string): void {
  const { tensors } = decodeSafetensors(readFileSync(join(folder, "model.safetensors")));
  const files = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
  const homes = [...tensors.keys()].map((name, i) => [name, files[i % 2]!] as const);
  for (const file of files) {
    const own = homes.filter(([, home]) => home === file).map(([name]) => [name, tensors.get(name)!] as const); // biome-ignore format: one expression
    writeFileSync(join(folder, file), Buffer.concat(encodeSafetensors(new Map(own))));
  }
  const index = JSON.stringify({ weight_map: Object.fromEntries(homes) });
  writeFileSync(join(folder, "model.safetensors.index.json"), index);
  rmSync(join(folder, "model.safetensors"));
}

test("shards give the weights of one file", async () => {
  const whole = join(fixtures, "mixtral");
  const folder = changed("mixtral", {});
  shard(folder);
  const [one, two] = await Promise.all(
    [whole, folder].map(async (path) => (await openPretrained(path)).readWeights()),
  );
  expect([...two!.keys()].sort()).toEqual([...one!.keys()].sort());
  for (const [name, { data }] of two!) expect(data, name).toEqual(one!.get(name)!.data);
});

test("the older keys of rotary positions mean the same", async () => {
  const { rope_parameters: _, ...old } = JSON.parse(
    readFileSync(join(fixtures, "llama/config.json"), "utf8"),
  );
  const folder = changed("llama", {});
  const scaling = { type: "llama3", factor: 4, low_freq_factor: 1, high_freq_factor: 4 };
  const rope = { rope_theta: 10000, rope_scaling: { ...scaling, original_max_position_embeddings: 16 } }; // biome-ignore format: one object
  writeFileSync(join(folder, "config.json"), JSON.stringify({ ...old, ...rope }));
  const [given, expected] = await Promise.all([folder, join(fixtures, "llama")].map((path) => openPretrained(path))); // biome-ignore format: one expression
  expect(given!.settings).toEqual(expected!.settings);
});

test("dynamic positions are plain within the context of the checkpoint", async () => {
  const rope_parameters = { rope_type: "dynamic", rope_theta: 10000, factor: 4 };
  const folder = changed("mixtral", { config: { rope_parameters } });
  const [given, plain] = await Promise.all([folder, join(fixtures, "mixtral")].map((path) => openPretrained(path))); // biome-ignore format: one expression
  expect(given!.settings).toEqual(plain!.settings);
});

test("the context of LongRoPE is the one that its short factors are for", async () => {
  const { model, settings } = await openPretrained(join(fixtures, "llama-longrope"));
  expect(model.contextLength).toBe(48);
  expect(settings.rotary.scaling).toEqual({
    ...{ kind: "longrope", factors: [1, 1.5] },
    attentionFactor: Math.sqrt(1 + Math.log(64 / 48) / Math.log(48)),
  });
});

test("the context is cut, never extended", async () => {
  const lengths = [16, 1000].map(async (contextLength) => {
    const { model } = await openPretrained(join(fixtures, "mixtral"), { contextLength });
    return model.contextLength;
  });
  expect(await Promise.all(lengths)).toEqual([16, 64]);
});

test("numbers of 16 bits and of 64 are read as float32", async () => {
  const name = "model.norm.weight";
  const wide = { dtype: "float64", shape: [16], data: new Float64Array(16).fill(0.1) } as const;
  const folder = changed("mixtral", { tensors: withTensor(name, wide) });
  const weights = await (await openPretrained(folder)).readWeights();
  expect(toNumbers(weights.get("norm.weight")!)[3]).toBe(Math.fround(0.1));
});

test.each(["mixtral", "mixtral-fused"])(
  "%s stored as bfloat16 is held as stored, and not finite numbers are found in it",
  async (name) => {
    const narrow = (value: NdArray): NdArray => ({ dtype: "bfloat16", shape: value.shape, data: toBfloat16(value.data as Float32Array) }); // biome-ignore format: one expression
    const tensors = (stored: Map<string, NdArray>) =>
      new Map([...stored].map(([key, value]) => [key, narrow(value)] as const));
    const opened = await openPretrained(changed(name, { tensors }));
    const [own, wide] = [
      await opened.readWeights({ type: "bfloat16" }),
      await opened.readWeights(),
    ];
    const matrices = [...own.values()].filter(({ shape }) => shape.length > 1);
    expect(new Set(matrices.map(({ dtype }) => dtype))).toEqual(new Set(["bfloat16"]));
    for (const [key, value] of wide)
      expect(toNumbers(own.get(key)!), key).toEqual(toNumbers(value));

    const damaged = changed(name, {
      tensors: (stored) => {
        const all = tensors(stored);
        (all.get("lm_head.weight")!.data as Uint16Array)[5] = 0x7f80; // infinity
        return all;
      },
    });
    const reading = (await openPretrained(damaged)).readWeights({ type: "bfloat16" });
    await expect(reading).rejects.toThrow('"lm_head.weight" has values that are not finite');
  },
);

const layer = "model.layers.0";

describe("is refused with one sentence:", () => {
  test.each([
    ["an unknown family", { config: { model_type: "gpt2" } }, /model_type gpt2; known are llama/], // biome-ignore format: a table
    [
      "a missing size",
      { config: { hidden_size: null } },
      /config.json, hidden_size: .*received null/,
    ],
    [
      "another activation",
      { config: { hidden_act: "gelu" } },
      /hidden_act gelu; the decoder computes silu only/,
    ],
    [
      "a quantisation",
      { config: { quantization_config: { quant_method: "gptq" } } },
      /quantised by gptq; take the checkpoint in bfloat16 or float32/,
    ],
    [
      "other rotary positions",
      { config: { rope_parameters: { rope_type: "proportional" } } },
      /rotary positions of type proportional; the decoder computes default, linear, dynamic/,
    ],
    [
      "LongRoPE without its factors",
      { config: { rope_parameters: { rope_type: "longrope" } } },
      /config.json has longrope without short_factor/,
    ],
    [
      "LongRoPE with other factors",
      { config: { rope_parameters: { rope_type: "longrope", short_factor: [1, 2, 3] } } },
      /has 3 factors, but heads have 2 frequencies/,
    ],
    [
      "a missing tensor",
      { tensors: without("model.norm.weight") },
      /the checkpoint lacks "model.norm.weight"; download it again/,
    ],
    [
      "an unknown tensor",
      { tensors: withTensor("model.extra", array([1])) },
      /has "model.extra", which the model of its config.json does not have/,
    ],
    [
      "a wrong shape",
      { tensors: withTensor("model.norm.weight", array([1, 2])) },
      /"model.norm.weight" has shape \[2\], which does not give norm.weight of shape \[16\]/,
    ],
    [
      "fewer experts",
      { config: { num_local_experts: 3 } },
      /gate.weight" has shape \[4, 16\], which does not give blocks.0.moe.router.weight of shape \[3, 16\]/,
    ],
    [
      "more layers",
      { config: { num_hidden_layers: 3 } },
      /lacks "model.layers.2.input_layernorm.weight".* and \d+ more tensors/,
    ],
    ["an odd head", { config: { head_dim: 3 } }, /heads of width 3 have 3 rotated features/],
  ])("%s", async (_, change, message) => {
    // biome-ignore format: a table
    await expect(openPretrained(changed("mixtral", change))).rejects.toThrow(message);
  });

  test("a value that is not finite", async () => {
    const nan = withTensor(`${layer}.input_layernorm.weight`, array(Array(16).fill(Number.NaN)));
    const opened = await openPretrained(changed("mixtral", { tensors: nan }));
    await expect(opened.readWeights()).rejects.toThrow(/input_layernorm.weight" has values that are not finite/); // biome-ignore format: one line
  });

  test("a missing shard", async () => {
    const folder = changed("mixtral", {});
    shard(folder);
    rmSync(join(folder, "model-00002-of-00002.safetensors"));
    await expect(openPretrained(folder)).rejects.toThrow(/00002.safetensors is missing; download all files/); // biome-ignore format: one line
  });

  test("a Git LFS pointer", async () => {
    const folder = changed("mixtral", {});
    writeFileSync(
      join(folder, "model.safetensors"),
      "version https://git-lfs.github.com/spec/v1\n",
    );
    await expect(openPretrained(folder)).rejects.toThrow(/model.safetensors is a Git LFS pointer/);
  });

  test("no weights, and no config.json", async () => {
    const folder = changed("mixtral", {});
    rmSync(join(folder, "model.safetensors"));
    await expect(openPretrained(folder)).rejects.toThrow(/neither model.safetensors nor/);
    rmSync(join(folder, "config.json"));
    await expect(openPretrained(folder)).rejects.toThrow(/config.json is missing; name a folder/);
  });
});
