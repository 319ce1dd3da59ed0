import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parquetReadObjects } from "hyparquet";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeSafetensors, encodeSafetensors } from "../formats/safetensors.ts";
import { array, type NdArray } from "../graph/array.ts";
import { main } from "./main.ts";

const fixture = fileURLToPath(new URL("../pretrained/fixtures/qwen3_moe", import.meta.url));
const temporary = mkdtempSync(join(tmpdir(), "moesaic-open-"));
afterAll(() => rmSync(temporary, { recursive: true }));
const words = join(temporary, "words.txt");
writeFileSync(words, "the best experts of the layer");

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ["", ""];
  const code = await main(argv, {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
  });
  return { code, out, err };
}

test("open describes a checkpoint, as a table and as JSON", async () => {
  const { code, out } = await run("open", fixture);
  expect(code).toBe(0);
  expect(out).toMatch(/^family +Qwen3-MoE \(arXiv:2505.09388\)$/m);
  expect(out).toMatch(/^experts +2 of 4, 0 shared$/m);
  const facts = JSON.parse((await run("open", fixture, "--json")).out);
  expect(facts.heads).toEqual({ queries: 4, keys_and_values: 2 });
  // An expert has 3 matrices of 16 x 8; a token uses 2 of 4 in both layers.
  expect(facts.parameters.total - facts.parameters.active).toBe(2 * 2 * 3 * 16 * 8);
});

test("open describes an encoder and says what it is for", async () => {
  const { code, out } = await run("open", fixture.replace("qwen3_moe", "bert"));
  expect(code).toBe(0);
  expect(out).toMatch(/^use +an encoder of texts: start a training with init_from.path$/m);
  expect(out).toMatch(/^left out +\S+, \S+, 2 more$/m);
  const facts = JSON.parse((await run("open", fixture.replace("qwen3_moe", "vit"), "--json")).out);
  expect(facts).toMatchObject({ kind: "encoder", image: [3, 12, 12], width: 16, head_width: 4 });
  const pair = (await run("open", fixture.replace("qwen3_moe", "clip"))).out;
  expect(pair).toMatch(/^use +an encoder of images of 3 x 12 x 12 and of texts: start/m);
  expect(pair).toMatch(/^text tower +2 layers, 8 wide, 2 heads$/m);
});

test("generate continues a text with a checkpoint, equally for equal seeds", async () => {
  const argv = ["generate", fixture, "--prompt", "the", "--max-new-tokens", "5", "--json"];
  const [one, two] = [await run(...argv), await run(...argv)];
  expect(one.code).toBe(0);
  expect(JSON.parse(one.out).texts[0].num_tokens).toBe(5);
  expect(two.out).toBe(one.out);
});

test("routing writes a row for each token, layer and choice", async () => {
  const file = join(temporary, "routing.parquet");
  const { code, out } = await run("routing", fixture, "--text", words, "--out", file, "--context", "6", "--json"); // biome-ignore format: a command
  expect(code).toBe(0);
  const { tokens, rows } = JSON.parse(out);
  expect(rows).toBe(tokens * 2 * 2);
  const bytes = readFileSync(file);
  const table = await parquetReadObjects({ file: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) }); // biome-ignore format: one call
  expect(table).toHaveLength(rows);
  expect(table[0]).toMatchObject({ sequence: 0, position: 0, text: "<s>", layer: "blocks.0.moe" });
  expect(new Set(table.map(({ sequence }) => sequence)).size).toBe(Math.ceil(tokens / 6));
  expect(table[0]!.weight + table[1]!.weight).toBeCloseTo(1, 5);
});

test.each([
  [["open", temporary], /config.json is missing; name a folder as on the Hugging Face hub/],
  [["routing", fixture, "--text", "none.txt", "--out", "x.parquet"], /--text none.txt is no file/],
  [["routing", fixture, "--text", words, "--out", "x.csv"], /ends in .parquet, got "x.csv"/],
  [
    ["routing", fixture.replace("qwen3_moe", "llama"), "--text", words, "--out", "x.parquet"],
    /has no tokenizer.json/,
  ],
])("%j is refused", async (argv, message) => {
  // biome-ignore format: a table
  const { code, err } = await run(...argv);
  expect(code).toBe(2);
  expect(err).toMatch(message);
});

const weightsFile = "model.safetensors";
const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n";

/** A copy of the checkpoint with changed tensors. */
function changedTensors(folder: string, change: (stored: Map<string, NdArray>) => void): void {
  const { tensors } = decodeSafetensors(readFileSync(join(folder, weightsFile)));
  change(tensors);
  writeFileSync(join(folder, weightsFile), Buffer.concat(encodeSafetensors(tensors)));
}

describe.each<[string, (folder: string) => void, RegExp]>([
  [
    "a missing shard",
    (folder) => {
      const weight_map = { "model.norm.weight": "model-00001-of-00001.safetensors" };
      writeFileSync(join(folder, `${weightsFile}.index.json`), JSON.stringify({ weight_map }));
    },
    /model-00001-of-00001.safetensors is missing; download all files/,
  ],
  [
    "a wrong shape",
    (folder) => changedTensors(folder, (all) => all.set("model.norm.weight", array([1, 2]))),
    /tensor "model.norm.weight" has shape \[2\], which does not give norm.weight of shape \[16\]; config.json and weights do not belong together/,
  ],
  [
    "a missing tensor",
    (folder) => changedTensors(folder, (all) => all.delete("lm_head.weight")),
    /the checkpoint lacks "lm_head.weight"; download it again/,
  ],
  [
    "an unknown tensor",
    (folder) => changedTensors(folder, (all) => all.set("model.extra", array([1]))),
    /the checkpoint has "model.extra", which the model of its config.json does not have, so its results would differ/,
  ],
  [
    "a Git LFS pointer",
    (folder) => writeFileSync(join(folder, weightsFile), pointer),
    /model.safetensors is a Git LFS pointer/,
  ],
  [
    "a Git LFS pointer of the configuration",
    (folder) => writeFileSync(join(folder, "config.json"), pointer),
    /config.json cannot be read: it is a Git LFS pointer, without the file itself; run git lfs pull/,
  ],
])("%s is one sentence of", (name, damage, sentence) => {
  const folder = join(temporary, name.replaceAll(" ", "-"));
  beforeAll(() => {
    cpSync(fixture, folder, { recursive: true });
    damage(folder);
  });

  test.each([
    ["open", folder],
    ["generate", folder, "--prompt", "the"],
    ["routing", folder, "--text", words, "--out", join(temporary, "out.parquet")],
    ["inspect", folder, "--no-open"],
  ])("%s", async (...argv) => {
    const { code, out, err } = await run(...argv);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(sentence);
    expect(err.trimEnd().split("\n")).toHaveLength(1);
    expect(err.startsWith(`error: ${folder}`)).toBe(true);
  });
});
