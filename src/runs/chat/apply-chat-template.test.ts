import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createHubTokenizer } from "../../data/tokenizers/hub.ts";
import type { HubState } from "../../data/tokenizers/tokenizer.ts";
import {
  applyChatTemplate,
  type ChatMessage,
  type ChatTemplateOptions,
} from "./apply-chat-template.ts";

interface Chat {
  readonly name: string;
  readonly template: string;
  readonly messages: readonly ChatMessage[];
  readonly tools?: readonly object[];
  readonly documents?: readonly object[];
  readonly add_generation_prompt?: boolean;
  readonly enable_thinking?: boolean;
  readonly text?: string;
  readonly ids?: readonly number[];
  readonly raised?: string;
}

const read = (path: string) => JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"));
/** Of Transformers; see fixtures/make_chats.py. */
const { tokens, chats } = read("fixtures/chats.json") as { tokens: object; chats: Chat[] };
const content = read("../../pretrained/fixtures/qwen3_moe/tokenizer.json");
const now = new Date(2026, 1, 3, 14, 5, 6);
const tokenizerOf = (chat_template: unknown) =>
  createHubTokenizer({ kind: "hub", content, config: { ...tokens, chat_template } } as HubState);
const user = [{ role: "user", content: "the router" }];
const apply = (template: unknown, options?: ChatTemplateOptions): Promise<string> =>
  applyChatTemplate(tokenizerOf(template), user, options);

test.each(chats)("$name: as Transformers", async (chat) => {
  const { template, messages, tools, documents, add_generation_prompt, enable_thinking } = chat;
  const tokenizer = tokenizerOf(template);
  const given = applyChatTemplate(tokenizer, messages, {
    addGenerationPrompt: add_generation_prompt ?? false,
    variables: enable_thinking === undefined ? {} : { enable_thinking },
    ...{ tools, documents, now },
  });
  if (chat.raised === undefined) {
    expect(await given).toBe(chat.text);
    expect(tokenizer.encode(chat.text!, { addSpecial: false })).toEqual(chat.ids);
  } else {
    await expect(given).rejects.toThrow(
      new RegExp(`^the chat template refuses these messages in line \\d+: ${chat.raised}$`),
    );
  }
});

test("of several templates the one for tools is taken if there are tools, else the default", async () => {
  const several = [
    { name: "default", template: "plain {{ tools is none }}" },
    { name: "tool_use", template: "tools {{ tools | length }}" },
  ];
  expect(await apply(several)).toBe("plain True");
  expect(await apply(several, { tools: [{}, {}] })).toBe("tools 2");
  await expect(apply([{ name: "rag", template: "" }])).rejects.toThrow(
    "the tokenizer has the chat templates rag, but no default",
  );
});

test("special tokens are those of the configuration, unless a variable replaces them", async () => {
  const config = {
    chat_template: "{{ bos_token }}|{{ eos_token }}",
    bos_token: { content: "<s>" },
  };
  const tokenizer = createHubTokenizer({ kind: "hub", content, config });
  const variables = { eos_token: "<end>" };
  expect(await applyChatTemplate(tokenizer, user)).toBe("<s>|");
  expect(await applyChatTemplate(tokenizer, user, { variables })).toBe("<s>|<end>");
});

test.each([
  ["a broken tag", "a\n{{ messages messages }}", "cannot be rendered in line 2: Expected closing expression token"], // biome-ignore format: a table
  ["an open block", "{% if true %}\na\nb", "cannot be rendered in line 1: it ends within a block"],
  ["an unknown statement", "a\n\n{% include 'b' %}", "cannot be rendered in line 3: Unknown statement type: include"], // biome-ignore format: a table
  ["an unknown filter", "{# {{ #}\n{{ messages | shuffle }}", "cannot be rendered in line 2: Unknown ArrayValue filter: shuffle"], // biome-ignore format: a table
  ["a function that is none", "{% for m in messages %}\n{{ m.role }}\n{{ open('x') }}{% endfor %}", "cannot be rendered in line 3: it calls something that is no function"], // biome-ignore format: a table
  ["a long range", "{{ '}}' }}\n{{ range(10**9) | length }}", "cannot be rendered in line 2: range has 1000000000 numbers, more than 100000"], // biome-ignore format: a table
  ["loops in loops", "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", "takes more than 2 s; its loops may not end"], // biome-ignore format: a table
  ["doubled texts", "{% set ns = namespace(t='ab') %}{% for a in range(24) %}{% set ns.t = ns.t ~ ns.t %}{% endfor %}{{ ns.t }}", "gives 33554432 characters, more than 16777216"], // biome-ignore format: a table
  ["a macro without end", "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "cannot be rendered in line 1: "], // biome-ignore format: a table
  ["a long template", " ".repeat(2 ** 18 + 1), "has 262145 characters, more than 262144"],
])("%s ends with one sentence", async (_, template, message) => {
  const error = (await apply(template).catch((cause: unknown) => cause)) as Error;
  expect(error.message).toContain(`the chat template ${message}`);
  expect(error).toMatchObject({ name: "UserError", exitCode: 2 });
  expect(error.message).not.toContain("\n");
});

test("lists that double end with the limit of memory or of time", async () => {
  const doubled =
    "{% set ns = namespace(l=[1]) %}{% for a in range(40) %}{% set ns.l = ns.l + ns.l %}{% endfor %}";
  await expect(apply(doubled)).rejects.toThrow(
    /^the chat template (needs more than 256 MB of memory|takes more than 2 s; its loops may not end)$/,
  );
});

test("wrong messages and a tokenizer without a template are named", async () => {
  const wrong = applyChatTemplate(tokenizerOf("x"), [{ role: "user" }, {} as ChatMessage]);
  await expect(wrong).rejects.toThrow("messages[1][role]: Invalid input: expected string, but it is missing"); // biome-ignore format: one sentence
  await expect(applyChatTemplate(tokenizerOf("x"), [])).rejects.toThrow("messages");
  await expect(apply(undefined)).rejects.toThrow("the tokenizer has no chat template");
  await expect(apply(7)).rejects.toThrow("chat_template of tokenizer_config.json");
});
