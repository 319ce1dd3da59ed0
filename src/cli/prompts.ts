/** The texts that `generate` continues: prompts, or conversations in the form of the model's template. */
import * as z from "zod";
import { issueText } from "../config/issue-text.ts";
import type { Tokenizer } from "../data/tokenizers/tokenizer.ts";
import { promptTokens } from "../evaluate/generate/prompt.ts";
import { readJsonFile } from "../formats/json-file.ts";
import { usageError } from "../graph/errors.ts";
import {
  applyChatTemplate,
  type ChatMessage,
  type ChatTemplateOptions,
} from "../runs/chat/apply-chat-template.ts";

export interface PromptOptions {
  readonly prompt: readonly string[] | undefined;
  readonly chat: readonly string[] | undefined;
  readonly system: string | undefined;
  /** JSON file. */
  readonly messages: string | undefined;
}

/** A text to continue, and its tokens. */
export interface Prompt {
  readonly text: string;
  readonly ids: readonly number[];
  /** The conversation that the text writes. */
  readonly messages?: readonly ChatMessage[];
}

interface Conversation extends Pick<ChatTemplateOptions, "tools" | "documents" | "variables"> {
  readonly messages: readonly ChatMessage[];
}

/** Largest file of messages, in bytes. */
const MAX_BYTES = 2 ** 23;

const list = z.array(z.looseObject({ role: z.string() }));
const objects = z.array(z.record(z.string(), z.unknown())).optional();
const conversation = z.strictObject({
  messages: list,
  tools: objects,
  documents: objects,
  chat_template_kwargs: z.record(z.string(), z.unknown()).optional(),
});
const fileSchema = z.union([list.transform((messages) => ({ messages })), conversation]);

/** Number of texts that the options name. */
export function countPrompts({ prompt, chat }: PromptOptions): number {
  return (prompt ?? chat)?.length ?? 1;
}

/**
 * The prompts of the options.
 *
 * @throws UserError (exit code 2) if the tokenizer has no chat template, or the messages do not fit it
 */
export async function readPrompts(
  options: PromptOptions,
  tokenizer: Tokenizer,
): Promise<readonly Prompt[]> {
  const { prompt, chat, system, messages: file } = options;
  if (prompt !== undefined) {
    return prompt.map((text) => ({ text, ids: promptTokens(tokenizer, text) }));
  }
  const before = system === undefined ? [] : [{ role: "system", content: system }];
  const conversations: Conversation[] =
    file !== undefined
      ? [await readConversation(file)]
      : (chat ?? []).map((content) => ({ messages: [...before, { role: "user", content }] }));
  return Promise.all(conversations.map((each) => promptOf(each, tokenizer)));
}

async function promptOf(
  { messages, ...options }: Conversation,
  tokenizer: Tokenizer,
): Promise<Prompt> {
  const given = { ...options, addGenerationPrompt: true };
  const text = await applyChatTemplate(tokenizer, messages, given);
  const ids = tokenizer.encode(text, { addSpecial: false });
  if (ids.length > 0) return { text, ids, messages };
  throw usageError("the chat template gives no tokens for these messages");
}

/** The content of a file of `--messages`. @throws UserError (exit code 2) if it is none */
export async function readConversation(file: string): Promise<Conversation> {
  const content = await readJsonFile(file, MAX_BYTES).catch((cause: NodeJS.ErrnoException) => {
    const reason = cause.code === "ENOENT" ? "is missing" : `cannot be read: ${cause.message}`;
    throw usageError(`--messages ${file} ${reason}`, { cause });
  });
  const parsed = fileSchema.safeParse(content);
  if (parsed.success) {
    const given: z.output<typeof conversation> = parsed.data;
    const { chat_template_kwargs: variables, ...rest } = given;
    return { ...rest, variables };
  }
  const form = 'an array of messages such as {"role": "user", "content": "Hi"}, or an object with messages, tools, documents and chat_template_kwargs'; // biome-ignore format: one sentence
  throw usageError(`--messages ${file}: ${issueText(parsed.error.issues[0]!)}; give ${form}`);
}
