import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { moesaic, temporaryFolder } from "./moesaic.fixture.ts";

const folder = temporaryFolder();
afterAll(() => folder.remove());

const fixtures = JSON.parse(
  readFileSync(new URL("../../src/data/fixtures/hub-tokenizers.json", import.meta.url), "utf8"),
);

function recipe(tokenizer: string, more = ""): string {
  const path = join(folder.path, "text.yaml");
  writeFileSync(
    path,
    `extends: makemoe-shakespeare
data:
  name: text-file
  root: ${folder.path}
  file: "*.txt"
  validation_fraction: 0.4
  tokenizer: ${tokenizer}
model: { width: 16, num_layers: 1, num_heads: 1, context_length: 8 }
train: { max_steps: 2, batch_size: 4 }
schedule: { warmup_steps: 0 }
runtime: { threads: 1 }
${more}`,
  );
  return path;
}

test("a language model reads any tokenizer.json, which its run keeps", async () => {
  writeFileSync(join(folder.path, "a.txt"), "a cat plays in the snow. ".repeat(20));
  mkdirSync(join(folder.path, "gpt2"));
  const file = join(folder.path, "gpt2/tokenizer.json");
  writeFileSync(file, JSON.stringify(fixtures.gpt2.file));
  const run = join(folder.path, "run");
  const trained = await moesaic("train", recipe("{ kind: file, file: gpt2 }"), "--run", run);
  expect([trained.code, trained.err.includes("steps")]).toEqual([0, true]);
  writeFileSync(file, "{}"); // The run has the content of its own.
  const generated = await moesaic("generate", run, "--prompt", "a cat", "--max-new-tokens", "4");
  expect(generated.code).toBe(0);
  expect(generated.out.startsWith("a cat")).toBe(true);
});

test("a character of validation that training lacks is found before the first step", async () => {
  writeFileSync(join(folder.path, "a.txt"), `${"abc\n".repeat(50)}ab\u00e9\n`);
  const { code, err } = await moesaic(
    "train",
    recipe("{ kind: character }"),
    "--run",
    join(folder.path, "never"),
  );
  expect(err).toContain('text-file, validation split: character "\u00e9" (U+00E9) at line');
  expect(code).toBe(2);
});
