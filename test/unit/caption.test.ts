/** `moesaic caption` on a trained run, and vision towers initialised with trained weights. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { collect, firstTokens, generate } from "../../src/evaluate/index.ts";
import { decodeSafetensors } from "../../src/formats/index.ts";
import { listCheckpoints } from "../../src/runs/checkpoints/checkpoint-store.ts";
import { openCaptioner } from "../../src/runs/index.ts";
import { moesaic, temporaryFolder } from "./moesaic.fixture.ts";

const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder.path, ...names);
const run = at("run");
const [red, blue, broken] = [at("red.png"), at("blue.jpg"), at("broken.png")];
afterAll(folder.remove);

const data = `data:
  name: shapes
  image_size: 16
  train_size: 320
  validation_size: 24
  test_size: 20
  workers: 0
  normalize: { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] }`;
const sizes = "width: 16, num_layers: 1, num_heads: 2";

/** Trains in one or two seconds. */
const recipe = (
  steps: number,
  more = "optimizer: { name: adamw, learning_rate: 0.01 }",
): string => `seed: 3
model:
  system: seemoe
  vision: { patch_size: 8, stem: conv, pool: patches, qkv_bias: true, dropout: 0, ${sizes}, moe_layers: all, moe: { num_experts: 2 } }
  ${sizes.replaceAll(", ", "\n  ")}
  context_length: 24
  embedding_std: 0.2
  moe: { num_experts: 3, router: { name: noisy_top_k } }
${data}
  tokenizer: { kind: word, specials: [pad, unknown, end] }
train: { batch_size: 8, max_steps: ${steps}, eval_every: 10 }
runtime: { threads: 1 }
${more}`;

async function train(name: string, text: string): Promise<string> {
  writeFileSync(at(`${name}.yaml`), text);
  const { code, err } = await moesaic("train", at(`${name}.yaml`), "--run", at(name));
  expect(code, err).toBe(0);
  return err;
}

beforeAll(async () => {
  const plain = (background: { r: number; g: number; b: number }) =>
    sharp({ create: { width: 40, height: 30, channels: 3, background } });
  await plain({ r: 220, g: 30, b: 30 }).toFile(red);
  await plain({ r: 30, g: 60, b: 220 }).toFile(blue);
  writeFileSync(broken, "no picture");
  await train("run", recipe(40));
}, 60_000);

interface Caption {
  readonly image: string;
  readonly text: string;
  readonly num_tokens: number;
  readonly ended: string;
  readonly beams?: readonly { text: string; score: number }[];
  readonly routing?: { layers: string[]; tokens: string[]; experts: number[][][] };
}

interface Document {
  readonly captions: readonly Caption[];
  readonly broken: readonly { image: string; error: string }[];
}

async function json(...argv: string[]): Promise<Document> {
  const { code, out, err } = await moesaic("caption", run, ...argv, "--json");
  expect(code, err).toBe(0);
  return JSON.parse(out) as Document;
}

test("the test split has losses and captions, of its own and of other images", () => {
  const { test: scores } = JSON.parse(readFileSync(join(run, "summary.json"), "utf8"));
  const names =
    "loss loss_per_character accuracy loss_shuffled loss_per_character_shuffled bleu1 bleu2 bleu3 bleu4 rouge_l cider exact_match exact_match_shuffled";
  expect(Object.keys(scores).sort()).toEqual(names.split(" ").sort());
  expect(scores.loss_shuffled).not.toBe(scores.loss);
  expect(scores.loss_per_character).toBeLessThan(scores.loss);
  const report = readFileSync(join(run, "report.html"), "utf8");
  for (const id of ["captions", "tokens", "mosaic", "experts"]) {
    expect(report).toContain(`<section id="${id}"`);
  }
  for (const layer of ["vision.blocks.0.moe", "decoder.blocks.0.moe"]) {
    expect(report).toContain(`data-layer="${layer}"`);
  }
  expect(report).not.toContain("could not be drawn");
});

describe("captions", () => {
  test("equal the library's, and are deterministic", async () => {
    using opened = await openCaptioner(run);
    const { decoder, tokenizer } = opened;
    const [expected] = await collect(
      generate(decoder, [firstTokens(tokenizer)], {
        prefix: await opened.readImage(red),
        temperature: 0,
        maxNewTokens: 30,
        stopTokens: [tokenizer.endId!],
        decode: (ids) => tokenizer.decode(ids),
      }),
    );
    const { out } = await moesaic("caption", run, red);
    expect(out).toMatch(/^an? \w+/);
    expect(out).toBe(`${expected!.text}\n`);
    expect((await moesaic("caption", run, red, "--no-cache")).out).toBe(out);
    expect((await moesaic("caption", run, red, "--stream")).out).toBe(out);
  });

  test("sampled with the same seed are the same", async () => {
    const draw = async (seed: string) =>
      (await moesaic("caption", run, red, blue, "--temperature", "1.5", "--seed", seed)).out;
    const first = await draw("1");
    expect(first.split("\n").length).toBe(3);
    expect(await draw("1")).toBe(first);
    expect(await draw("2")).not.toBe(first);
  });

  test("are found by beam search, best first", async () => {
    const few = [red, blue, "--max-new-tokens", "8"];
    const { captions } = await json(...few, "--beams", "3");
    expect((await json(...few, "--beam", "3")).captions).toEqual(captions);
    expect(captions.map(({ image }) => image)).toEqual([red, blue]);
    for (const { beams } of captions) {
      const scores = beams!.map(({ score }) => score);
      expect(scores).toEqual(scores.toSorted((a, b) => b - a));
      expect(scores.length).toBe(3);
    }
  });

  test("that reach the context length end there, with a note", async () => {
    using opened = await openCaptioner(run);
    const steps = generate(opened.decoder, [[]], {
      prefix: await opened.readImage(red),
      maxNewTokens: 100,
      temperature: 0, // without stop tokens
    });
    const [endless] = await collect(steps);
    expect([endless!.ids.length, endless!.ended]).toEqual([24, "context"]);
  });

  test("include the experts of visual tokens and words on request", async () => {
    const { captions } = await json(red, "--experts", "--max-new-tokens", "4");
    const { layers, tokens, experts } = captions[0]!.routing!;
    expect(layers).toEqual(["decoder.blocks.0.moe"]);
    expect(tokens.slice(0, 5).map((token) => token === "<image>")).toEqual([
      ...Array(4).fill(true),
      false,
    ]);
    expect(experts.length).toBe(tokens.length);
    expect(experts.every(([chosen]) => chosen!.length === 2)).toBe(true);
  });
});

test("a broken picture is reported, and the others are captioned", async () => {
  const { code, out, err } = await moesaic("caption", run, red, broken, at("gone.png"), blue);
  expect(code).toBe(1);
  expect(out.split("\n").map((line) => line.split(": ")[0])).toEqual([red, blue, ""]);
  const sentences = err
    .trim()
    .split("\n")
    .filter((line) => line.includes(folder.path));
  expect(sentences).toEqual([
    `${broken} cannot be decoded: it is not a JPEG, PNG, WebP, GIF, TIFF, AVIF, BMP, PPM or PGM picture`,
    `there is no picture ${at("gone.png")}; correct the path`,
  ]);
  const alone = await moesaic("caption", run, broken, "--json");
  expect(alone.code).toBe(1);
  expect(JSON.parse(alone.out)).toMatchObject({ captions: [], broken: [{ image: broken }] });
});

test.each([
  [["--top-k", "3"], "--top-k requires --temperature"],
  [["--beams", "2", "--temperature", "1"], "--beams cannot be combined with --temperature"],
  [["--beam", "2", "--temperature", "1"], "--beams cannot be combined with --temperature"],
  [["--beam", "2", "--beams", "3"], "--beam is another name of --beams; give only one of them"],
  [["--beam", "some"], '--beam takes a whole number >= 1, got "some"'],
  [["--beams", "2", "--experts"], "--experts cannot be combined with --beams"],
  [["--length-penalty", "1"], "--length-penalty requires --beams"],
  [["--stream", "--json"], "--stream cannot be combined with --json"],
  [["--stream", blue], "--stream prints one text as it grows, got 2 texts"],
])("%o is refused", async (options, message) => {
  const { code, out, err } = await moesaic("caption", run, red, ...options);
  expect(code).toBe(2);
  expect(out + err).toContain(message);
});

test("a captioning run cannot continue texts", async () => {
  const continued = await moesaic("generate", run, "--prompt", "a red");
  expect(continued.code).toBe(2);
  expect(continued.err).toContain("a run of seemoe, which does not continue texts");
  const missing = await moesaic("caption", at("none"), red);
  expect([missing.code, missing.err.includes("is not a run directory")]).toEqual([2, true]);
});

test("a vision tower starts with the weights of a vision transformer, and can be frozen", async () => {
  await train(
    "vit",
    `seed: 4
model: { system: vit-moe, patch_size: 8, stem: conv, ${sizes}, moe_layers: all, moe: { num_experts: 2 } }
${data}
train: { batch_size: 8, max_steps: 2 }
runtime: { threads: 1 }
`,
  );
  const wrong = await moesaic("caption", at("vit"), red);
  expect(wrong.code).toBe(2);
  expect(wrong.err).toContain("a run of vit-moe, which writes no captions; name a run of seemoe");
  const err = await train(
    "started",
    `${recipe(
      2,
      `init_from:
  path: ${at("vit")}
  include: ["vision.*"]
  exclude: ["vision.head.*"]
  rename: [{ from: "", to: "vision." }]
optimizer: { name: adamw, rules: [{ parameters: "vision.*", frozen: true }] }
`,
    )}`,
  );
  expect(err).toMatch(/\d+ tensors start from the weights of/);
  const weights = async (name: string) => {
    const [checkpoint] = await listCheckpoints(at(name));
    return decodeSafetensors(readFileSync(join(checkpoint!.path, "model.safetensors"))).tensors;
  };
  const [vit, started] = [await weights("vit"), await weights("started")];
  const shared = [...vit.keys()].filter((name) => !name.startsWith("head."));
  expect(shared).toContain("blocks.0.moe.experts.1.fc1.weight");
  for (const name of shared.filter((own) => !own.includes("running"))) {
    expect(started.get(`vision.${name}`)!.data, name).toEqual(vit.get(name)!.data);
  }
}, 60_000);
