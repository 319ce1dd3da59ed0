/** `moesaic generate` on a trained run: its text, its options, and its errors. */
import { execFile } from "node:child_process";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { parseHTML } from "linkedom";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { collect, generate, promptTokens } from "../../src/evaluate/index.ts";
import { key } from "../../src/random/index.ts";
import { openLanguageModel } from "../../src/runs/index.ts";
import { moesaic, temporaryFolder, tinyRecipe, tinyTextRecipe } from "./moesaic.fixture.ts";

const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder.path, ...names);
const run = at("run");
afterAll(folder.remove);

beforeAll(async () => {
  const text = at("rhyme.txt");
  writeFileSync(text, "the cat sat on the mat; the rat ran to the cat.\n".repeat(40));
  writeFileSync(at("text.yaml"), tinyTextRecipe(text));
  const { code, err } = await moesaic("train", at("text.yaml"), "--run", run);
  expect(code, err).toBe(0);
  rmSync(text); // The data set is removed from here on.
});

test("a checkpoint from the hub continues a text with weights as bfloat16", async () => {
  const hub = fileURLToPath(new URL("../../src/pretrained/fixtures/qwen3_moe", import.meta.url));
  const texts = async (type: string) => {
    const { code, out, err } = await moesaic(
      ...["generate", hub, "--prompt", "the router", "--temperature", "1", "--context", "32"],
      ...["--max-new-tokens", "8", "--weights", type, "--json"],
    );
    expect(code, err).toBe(0);
    return (JSON.parse(out) as Document).texts[0]!;
  };
  const [wide, chosen, narrow] = [
    await texts("float32"),
    await texts("auto"),
    await texts("bfloat16"),
  ];
  expect(chosen).toEqual(wide); // it fits
  // The fixture has float32 weights, so rounded ones differ a little.
  expect(narrow.log_probability).not.toBe(wide.log_probability);
  expect(narrow.log_probability).toBeCloseTo(wide.log_probability, 0);
});

const prompt = ["generate", run, "--prompt", "the "];
const short = [...prompt, "--max-new-tokens", "40"];

interface Document {
  readonly step: number;
  readonly seed?: number;
  readonly texts: readonly {
    readonly prompt: string;
    readonly text: string;
    readonly num_tokens: number;
    readonly log_probability: number;
    readonly ended: string;
    readonly beams?: readonly { text: string; score: number; log_probability: number }[];
    readonly routing?: { layers: string[]; tokens: string[]; experts: number[][][] };
  }[];
}

async function json(...argv: string[]): Promise<Document> {
  const { code, out, err } = await moesaic(...argv, "--json");
  expect(code, err).toBe(0);
  return JSON.parse(out) as Document;
}

describe("text", () => {
  test("is the same for the same seed, and differs for another", async () => {
    const [first, again, other] = [
      await moesaic(...short, "--seed", "1"),
      await moesaic(...short, "--seed", "1"),
      await moesaic(...short, "--seed", "2"),
    ];
    expect(first.code).toBe(0);
    expect(first.out).toMatch(/^the [\s\S]{40}\n$/);
    expect(again.out).toBe(first.out);
    expect(other.out).not.toBe(first.out);
    expect(first.err).toMatch(/40 tokens in [\d.]+ s, \S+ tokens\/s\n$/);
  });

  test("equals the result of the underlying functions", async () => {
    const { texts, step, seed } = await json(...short, "--seed", "1", "--top-k", "5");
    expect([step, seed]).toEqual([20, 1]);
    using opened = await openLanguageModel(run);
    const { decoder, tokenizer } = opened;
    const [expected] = await collect(
      generate(decoder, [promptTokens(tokenizer, "the ")], {
        maxNewTokens: 40,
        topK: 5,
        key: key(1),
        decode: tokenizer.decode,
      }),
    );
    const { text, num_tokens, log_probability, ended } = texts[0]!;
    expect({ text, num_tokens, ended }).toEqual({
      text: expected!.text,
      num_tokens: 40,
      ended: "length",
    });
    expect(log_probability).toBe(expected!.logProbability);
  });

  test("is printed in pieces with --stream, with the same result", async () => {
    expect((await moesaic(...short, "--stream")).out).toBe((await moesaic(...short)).out);
  });

  test("does not depend on the cache", async () => {
    const uncached = await json(...short, "--no-cache");
    const cached = await json(...short);
    expect(uncached.texts[0]!.text).toBe(cached.texts[0]!.text);
  });

  test("is generated for several prompts at once, each ending at its stop text", async () => {
    const free = await json(...short, "--prompt", "a cat");
    const [first, second] = free.texts;
    expect([first!.prompt, second!.prompt]).toEqual(["the ", "a cat"]);
    const stop = first!.text.slice(5, 7);
    const stopped = await json(...short, "--prompt", "a cat", "--stop", stop, "--stop", "no such");
    const cut = (text: string): string => text.split(stop)[0]!;
    expect(stopped.texts.map(({ text }) => text)).toEqual([cut(first!.text), cut(second!.text)]);
    expect(stopped.texts[0]!.ended).toBe("stop");
    const { out } = await moesaic(...short, "--prompt", "a cat", "--stop", stop);
    const lines = ["prompt 1 of 2", `the ${cut(first!.text)}`, "", "prompt 2 of 2"];
    expect(out).toBe(`${[...lines, `a cat${cut(second!.text)}`].join("\n")}\n`);
  });

  test("from beam search is at least as probable as the greedy one", async () => {
    const few = [...prompt, "--max-new-tokens", "8"];
    const greedy = await json(...few, "--temperature", "0");
    const { texts, seed } = await json(...few, "--beams", "3");
    const scores = texts[0]!.beams!.map(({ score }) => score);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    expect(scores).toHaveLength(3);
    expect(seed).toBeUndefined();
    const [one] = (await json(...few, "--beams", "1")).texts[0]!.beams!;
    expect(one!.text).toBe(greedy.texts[0]!.text);
    const { out } = await moesaic(...few, "--beams", "3", "--length-penalty", "1");
    expect(out.match(/^beam \d: score -[\d.]+, 8 tokens$/gm)).toHaveLength(3);
  });
});

test("--experts prints the experts of every token in every layer", async () => {
  const { out } = await moesaic(...short, "--experts");
  const { text, routing } = (JSON.parse(out) as Document).texts[0]!;
  expect(routing!.layers).toEqual(["blocks.0.moe", "blocks.1.moe"]);
  expect(routing!.tokens.join("")).toBe(`the ${text}`.slice(0, -1));
  expect(routing!.experts).toHaveLength(43);
  for (const layers of routing!.experts) {
    expect(layers).toHaveLength(2);
    for (const chosen of layers) {
      expect(new Set(chosen).size).toBe(2);
      expect(chosen.every((expert) => expert >= 0 && expert < 3)).toBe(true);
    }
  }
});

test("a prompt longer than the context is truncated at its beginning, with a note", async () => {
  const long = "the cat sat on the mat; ";
  const few = ["--max-new-tokens", "5"];
  const whole = await moesaic("generate", run, "--prompt", long, ...few, "--json");
  expect(whole.code).toBe(0);
  expect(whole.err).toContain(
    "the prompt has 24 tokens and the context length is 16; the first 8 tokens are ignored",
  );
  const end = await json("generate", run, "--prompt", long.slice(8), ...few);
  expect((JSON.parse(whole.out) as Document).texts[0]!.text).toBe(end.texts[0]!.text);
});

test("the report shows tokens by expert, and texts that the command reproduces", async () => {
  const { document } = parseHTML(readFileSync(join(run, "report.html"), "utf8"));
  const sections = [...document.querySelectorAll("section")].map(({ id }) => id);
  expect(sections).toEqual(expect.arrayContaining(["tokens", "samples", "experts", "training"]));
  expect(document.querySelector("h1")!.textContent).toMatch(
    /^A validation loss of [\d.]+ nats per token/,
  );
  const layer = document.querySelector('#tokens [data-layer="blocks.1.moe"]')!;
  expect([...layer.querySelectorAll("[data-expert]")].length).toBe(7 * 16); // of 23 windows in 3 passages
  const last = [...document.querySelectorAll("#samples .generated")].at(-1)!;
  const prompt = last.querySelector("b")!.textContent;
  const { texts } = await json(
    "generate",
    run,
    "--prompt",
    prompt,
    "--max-new-tokens",
    "200",
    "--seed",
    "3",
  );
  expect(prompt + texts[0]!.text).toBe(last.textContent);
});

test("the example prints the same as the command", async () => {
  const root = fileURLToPath(new URL("../../", import.meta.url));
  const argv = ["--import", "tsx", "examples/generate.ts", run, "the "];
  const { stdout } = await promisify(execFile)(process.execPath, argv, { cwd: root });
  const sampling = ["--max-new-tokens", "100", "--temperature", "0.8", "--seed", "1"];
  const { out } = await moesaic(...prompt, ...sampling);
  expect(stdout).toBe(`${out}3 experts of blocks.0.moe took part\n`);
});

describe("later commands use the run's tokenizer", () => {
  test("a run with changed experts has it, and generates", async () => {
    const added = at("added");
    const copy = ["--copy", "0", "--noise", "0", "--out", added];
    // Preparing the training needs the data set, but not its vocabulary: this text lacks letters.
    writeFileSync(at("rhyme.txt"), "the cat sat on the mat.\n".repeat(60));
    expect((await moesaic("experts", "add", run, ...copy)).code).toBe(0);
    const { texts } = await json("generate", added, "--prompt", "; no", "--max-new-tokens", "3");
    expect(texts[0]!.num_tokens).toBe(3);
    const scores = await moesaic("eval", added, "--split", "validation", "--json");
    expect(Object.keys(JSON.parse(scores.out))).toContain("loss");
    rmSync(at("rhyme.txt"));
  });
});

describe("is refused with a clear error", () => {
  async function refusal(...argv: string[]): Promise<string> {
    const { code, out, err } = await moesaic("generate", ...argv);
    expect(err).toMatch(/^error: [^\n]*\n$/);
    expect(err).not.toContain("MOESAIC_DEBUG");
    expect([code, out]).toEqual([2, ""]);
    return err;
  }

  test.each<[string, string[], string]>([
    [
      "a character outside the vocabulary",
      ["--prompt", "the é"],
      'character "é" (U+00E9) at position 5 of the text is none of the tokenizer\'s',
    ],
    [
      "an empty prompt",
      ["--prompt", ""],
      'the prompt "" has no tokens; give at least one character',
    ],
    ["no prompt", [], "exactly one of --prompt, --chat and --messages is required"],
    [
      "a temperature below 0",
      ["--prompt", "a", "--temperature", "-1"],
      "temperature must be 0 (greedy) or more, got -1",
    ],
    [
      "a top-p above 1",
      ["--prompt", "a", "--top-p", "1.5"],
      "top_p must be above 0 and at most 1, got 1.5",
    ],
    [
      "an invalid count",
      ["--prompt", "a", "--top-k", "some"],
      '--top-k takes a whole number >= 1, got "some"',
    ],
    [
      "no tokens",
      ["--prompt", "a", "--max-new-tokens", "0"],
      '--max-new-tokens takes a whole number >= 1, got "0"',
    ],
    [
      "an empty stop text",
      ["--prompt", "a", "--stop", ""],
      "a stop text needs at least one character",
    ],
    [
      "more kept tokens than the context",
      ["--prompt", "a", "--keep-tokens", "17"],
      "from 1 to the context length 16, got 17",
    ],
    [
      "beams with sampling",
      ["--prompt", "a", "--beams", "2", "--seed", "1"],
      "--beams cannot be combined with --seed",
    ],
    [
      "experts of beams",
      ["--prompt", "a", "--beams", "2", "--experts"],
      "--experts cannot be combined with --beams",
    ],
    [
      "a length penalty without beams",
      ["--prompt", "a", "--length-penalty", "1"],
      "--length-penalty requires --beams",
    ],
    ["a stream of two", ["--prompt", "a", "--prompt", "b", "--stream"], "--stream prints one text"],
    [
      "an unknown checkpoint",
      ["--prompt", "a", "--checkpoint", "first"],
      '--checkpoint takes best, latest or a step, got "first"',
    ],
  ])("%s", async (_, argv, message) => {
    expect(await refusal(run, ...argv)).toContain(message);
  });

  test("an unknown run", async () => {
    expect(await refusal(at("nowhere"), "--prompt", "a")).toContain(
      `${at("nowhere")} is not a run directory: it has no config.yaml`,
    );
  });

  test("a run that is not a language model", async () => {
    writeFileSync(at("images.yaml"), tinyRecipe);
    const steps = ["train.max_steps=1", "schedule.warmup_steps=0", "train.accumulation_steps=1"];
    expect((await moesaic("train", at("images.yaml"), ...steps, "--run", at("images"))).code).toBe(
      0,
    );
    expect(await refusal(at("images"), "--prompt", "a")).toContain(
      "is a run of diff-moe, which does not continue texts; name a run of moe-decoder",
    );
  });

  test("weights of a run as bfloat16", async () => {
    expect(await refusal(run, "--prompt", "a", "--weights", "bfloat16")).toContain(
      "is a run, whose weights are float32; --weights bfloat16 is for checkpoints from the hub",
    );
  });

  test("a run without its tokenizer, or with a damaged one", async () => {
    cpSync(run, at("without"), { recursive: true });
    rmSync(at("without", "tokenizer.json"));
    expect(await refusal(at("without"), "--prompt", "a")).toContain("has no tokenizer.json");
    writeFileSync(at("without", "tokenizer.json"), '{"kind": "character", "characters": 7}');
    const { code, err } = await moesaic("generate", at("without"), "--prompt", "a");
    expect([code, err]).toEqual([
      1,
      expect.stringContaining("tokenizer.json is damaged: it does not contain a tokenizer"),
    ]);
  });
});
