/** Texts of conversations in the form that a chat model was trained on. */
import * as z from "zod";
import { issueText } from "../../config/issue-text.ts";
import type { Tokenizer } from "../../data/tokenizers/tokenizer.ts";
import { usageError } from "../../graph/errors.ts";
import { runTemplate } from "./run-template.ts";

/** One message of a conversation, with what its template reads, such as `tool_calls`. */
export interface ChatMessage {
  /** `user`, `assistant`, `system`, or another role of the template. */
  readonly role: string;
  /** A text, or parts as `{ type: "text", text }`. */
  readonly content?: string | readonly Readonly<Record<string, unknown>>[] | null | undefined;
  readonly [key: string]: unknown;
}

export interface ChatTemplateOptions {
  /** Whether the text ends where the model's answer begins. Default false. */
  readonly addGenerationPrompt?: boolean;
  /** JSON schemas of functions that the model may call. */
  readonly tools?: readonly object[] | undefined;
  /** Documents to answer from, usually with `title` and `text`. */
  readonly documents?: readonly object[] | undefined;
  /** Further variables of the template, such as `enable_thinking`. */
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
  /** The time that the template may write. Default: now. */
  readonly now?: Date;
}

/** Longest input of a template as JSON, in characters. */
const MAX_INPUT = 2 ** 23;

const text = z.string().max(MAX_INPUT);
const templateSchema = z.union([
  text,
  z.array(z.looseObject({ name: z.string(), template: text })).min(1),
]);
export const chatMessagesSchema = z
  .array(
    z.looseObject({
      role: z.string(),
      content: z.union([text, z.array(z.record(z.string(), z.unknown()))]).nullish(),
    }),
  )
  .min(1);

/**
 * Writes a conversation as one text, with the `chat_template` of a tokenizer, as Transformers' function of
 * this name does without `tokenize`. The template has 2 s and 256 MB.
 *
 * @param tokenizer that of a chat model; encode the text with `addSpecial: false`, because the template
 *   writes the special tokens itself
 * @throws UserError (exit code 2) if the tokenizer has no template, the template is broken or refuses the
 *   messages, or a limit is exceeded
 * @example
 * using opened = await openTextModel("Qwen3-0.6B");
 * const { tokenizer } = opened;
 * const messages = [{ role: "user", content: "Which expert reads commas?" }];
 * const text = await applyChatTemplate(tokenizer, messages, { addGenerationPrompt: true });
 * const prompt = tokenizer.encode(text, { addSpecial: false });
 */
export async function applyChatTemplate(
  tokenizer: Pick<Tokenizer, "state">,
  messages: readonly ChatMessage[],
  {
    addGenerationPrompt = false,
    tools,
    documents,
    variables = {},
    now = new Date(),
  }: ChatTemplateOptions = {},
): Promise<string> {
  const template = templateOf(tokenizer, tools !== undefined);
  const parsed = chatMessagesSchema.safeParse(messages);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const place = issue!.path.map((key) => `[${String(key)}]`).join("");
    throw usageError(`messages${place}: ${issueText(issue!)}`);
  }
  const input = {
    ...specialTokens(tokenizer),
    ...variables,
    messages: parsed.data.map(withoutNull),
    tools: tools ?? null,
    documents: documents ?? null,
    add_generation_prompt: addGenerationPrompt,
  };
  const json = JSON.stringify(input);
  if (json.length > MAX_INPUT) {
    throw usageError(
      `the messages have ${json.length} characters, more than ${MAX_INPUT}; shorten them`,
    );
  }
  return runTemplate({ template, variables: JSON.parse(json), now });
}

function configOf({ state }: Pick<Tokenizer, "state">): Readonly<Record<string, unknown>> {
  return state.kind === "hub" ? state.config : {};
}

/** The only template, or of several the one for tools if there are tools, or the default. */
function templateOf(tokenizer: Pick<Tokenizer, "state">, hasTools: boolean): string {
  const { chat_template: given } = configOf(tokenizer);
  if (given === undefined || given === null) {
    throw usageError(
      "the tokenizer has no chat template, so the model continues texts but was not trained on conversations; give a prompt instead",
    );
  }
  const parsed = templateSchema.safeParse(given);
  if (!parsed.success) {
    throw usageError(`chat_template of tokenizer_config.json: ${issueText(parsed.error.issues[0]!)}`); // biome-ignore format: one sentence
  }
  if (typeof parsed.data === "string") return parsed.data;
  const named = new Map(parsed.data.map(({ name, template }) => [name, template]));
  const found = (hasTools ? named.get("tool_use") : undefined) ?? named.get("default");
  if (found !== undefined) return found;
  throw usageError(`the tokenizer has the chat templates ${[...named.keys()].join(", ")}, but no default`); // biome-ignore format: one sentence
}

/** `bos_token`, `eos_token` and others, by their names in tokenizer_config.json. */
function specialTokens(tokenizer: Pick<Tokenizer, "state">): Record<string, string> {
  const content = z.union([z.string(), z.looseObject({ content: z.string() })]);
  return Object.fromEntries(
    Object.entries(configOf(tokenizer)).flatMap(([name, value]) => {
      const token = name.endsWith("_token") ? content.safeParse(value).data : undefined;
      if (token === undefined) return [];
      return [[name, typeof token === "string" ? token : token.content]];
    }),
  );
}

/** Templates test whether keys exist, and services write null for absent ones. */
function withoutNull(message: object): object {
  return Object.fromEntries(Object.entries(message).filter(([, value]) => value !== null));
}
