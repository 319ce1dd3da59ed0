import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTextModel } from "../runs/open-text-model.ts";
import { main } from "./main.ts";

const fixture = fileURLToPath(new URL("../pretrained/fixtures/qwen3_moe", import.meta.url));
const temporary = mkdtempSync(join(tmpdir(), "moesaic-chat-"));
const model = join(temporary, "model");
const write = (name: string, content: unknown): string => {
  const path = join(temporary, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
};
const template = `{{ bos_token }}{% for message in messages %}
{{ message.role == 'system' and 'lay ' or 'the ' }}{{ message.content }}</s>{% endfor %}
{% for tool in tools or [] %}{{ tool.name }}{% endfor %}{{ style }}{% if add_generation_prompt %} be{% endif %}`;

beforeAll(() => {
  cpSync(fixture, model, { recursive: true });
  write("model/tokenizer_config.json", { bos_token: "<s>", eos_token: "</s>" });
  write("model/chat_template.jinja", template);
});
afterAll(() => rmSync(temporary, { recursive: true }));

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ["", ""];
  const code = await main(argv, {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
  });
  return { code, out, err };
}

const greedy = ["--max-new-tokens", "8", "--temperature", "0"];
async function texts(...argv: string[]) {
  const { code, out, err } = await run("generate", model, ...argv, ...greedy, "--json");
  expect(code, err).toBe(0);
  return JSON.parse(out).texts;
}

test("--chat and --system write the template, and the answer alone is printed", async () => {
  const [answer] = await texts("--chat", "token", "--system", "of");
  expect(answer.prompt).toBe("<s>lay of</s>the token</s> be");
  expect(answer.messages).toEqual([
    { role: "system", content: "of" },
    { role: "user", content: "token" },
  ]);
  const { out } = await run("generate", model, "--chat", "token", "--system", "of", ...greedy);
  expect(out).toBe(`${answer.text}\n`);
  const two = await texts("--chat", "token", "--chat", "layer");
  expect(two.map(({ prompt }: { prompt: string }) => prompt)).toEqual([
    "<s>the token</s> be",
    "<s>the layer</s> be",
  ]);
});

test("the template's tokens are read once: no second start token is put before them", async () => {
  const { routing } = JSON.parse((await run("generate", model, "--chat", "token", ...greedy, "--experts")).out).texts[0]; // biome-ignore format: one expression
  expect(routing.tokens.slice(0, 2)).toEqual(["<s>", "the"]);
  expect(routing.tokens).toContain("</s>");
});

test("--messages reads a conversation, with tools and variables of the template", async () => {
  const messages = [
    { role: "user", content: "token" },
    { role: "assistant", content: "best" },
  ];
  const [plain] = await texts("--messages", write("list.json", messages));
  expect(plain.prompt).toBe("<s>the token</s>the best</s> be");
  const object = { messages, tools: [{ name: "t" }], chat_template_kwargs: { style: "s" } };
  const [rich] = await texts("--messages", write("object.json", object));
  expect(rich.prompt).toBe("<s>the token</s>the best</s>ts be");
});

test("an answer ends at any of the tokens that generation_config.json lists", async () => {
  const [free] = await texts("--chat", "token");
  expect(free).toMatchObject({ num_tokens: 8, ended: "length" });
  using opened = await openTextModel(model);
  const ids = opened.tokenizer.encode(free.text, { addSpecial: false });
  const last = ids.at(-1)!; // of ids that give the text, those of the model may differ
  write("model/generation_config.json", { eos_token_id: [0, last] });
  const [ended] = await texts("--chat", "token");
  expect(ended.ended).toBe("stop");
  expect(free.text.startsWith(ended.text)).toBe(true);
  expect(ended.text.length).toBeLessThan(free.text.length);
  cpSync(join(fixture, "generation_config.json"), join(model, "generation_config.json"));
});

test.each([
  [["--chat", "a", "--prompt", "b"], /exactly one of --prompt, --chat and --messages is required/],
  [["--prompt", "b", "--system", "c"], /--system requires --chat: a file of --messages has its own system message/], // biome-ignore format: a table
  [["--messages", "none.json"], /--messages none.json is missing/],
  [["--messages", write("broken.json", "[")], /broken.json cannot be read: it is no JSON/],
  [["--messages", write("wrong.json", { messages: [{}] })], /wrong.json: .*; give an array of messages/], // biome-ignore format: a table
  [
    ["--messages", write("empty.json", [])],
    /messages: Too small: expected array to have >=1 items/,
  ],
])("%j is refused", async (argv, message) => {
  const { code, err } = await run("generate", model, ...argv);
  expect([code, err]).toEqual([2, expect.stringMatching(message)]);
  expect(err.trimEnd().split("\n")).toHaveLength(1);
});

test("a model without a chat template is refused, with the other way", async () => {
  const { code, err } = await run("generate", fixture, "--chat", "a");
  expect([code, err]).toEqual([2, expect.stringContaining("the tokenizer has no chat template")]);
});

test("templates are read from all files that they may be in", async () => {
  const [jinja, json] = ["chat_template.jinja", "chat_template.json"];
  rmSync(join(model, jinja));
  write(`model/${json}`, { chat_template: "<s> e" });
  expect((await texts("--chat", "a"))[0].prompt).toBe("<s> e");
  rmSync(join(model, json));
  write("model/tokenizer_config.json", { chat_template: "<s> s", bos_token: "<s>" });
  expect((await texts("--chat", "a"))[0].prompt).toBe("<s> s");
  mkdirSync(join(model, "additional_chat_templates"));
  write("model/additional_chat_templates/tool_use.jinja", "<s> t");
  write(`model/${jinja}`, "<s> b");
  const tools = write("tools.json", { messages: [{ role: "user" }], tools: [{}] });
  expect((await texts("--messages", tools))[0].prompt).toBe("<s> t");
  expect((await texts("--chat", "a"))[0].prompt).toBe("<s> b");
});
