import { usageError } from "../../graph/errors.ts";
import { type LanguageModel, roomForTokens } from "../../models/language-model.ts";
import { foldIn, type Key, key as keyOf } from "../../random/index.ts";
import type { Decoder } from "./decoder.ts";
import type { SequenceRouting, TokenExperts } from "./decoder-routing.ts";
import {
  checkSampling,
  nextTokenProbabilities,
  type SamplingOptions,
  sampleToken,
} from "./sampling.ts";
import { checkTextOptions, type TextOptions, textStream } from "./text-stream.ts";
import { openReader, type WindowOptions } from "./window.ts";

export interface GenerateOptions extends SamplingOptions, WindowOptions, TextOptions {
  readonly maxNewTokens: number;
  /** Tokens that end a sequence. Default none. */
  readonly stopTokens?: readonly number[];
  /** Random key; equal keys produce equal texts. Default `key(0)`. */
  readonly key?: Key;
}

/**
 * Why a sequence ended: a stop token or stop text, `maxNewTokens`, or, after a prefix, the end of
 * the context. Without a prefix the context window slides.
 */
export type Ending = "stop" | "length" | "context";

/** One new token for every sequence; the lists have one entry per prompt. */
export interface GenerationStep {
  /** The new token; `undefined` if the sequence ended earlier. */
  readonly ids: readonly (number | undefined)[];
  /**
   * New text. Multi-token characters appear with their last token; text that may start a stop text
   * is held back; stop texts are never returned.
   */
  readonly text: readonly string[];
  /** Natural logarithm of the token's probability under the sampling distribution. */
  readonly logProbabilities: readonly (number | undefined)[];
  /** Why a sequence ended with this token. */
  readonly ended: readonly (Ending | undefined)[];
  /**
   * Experts of the tokens read in this step: prefix and prompt in the first step, then the previous
   * token. Empty unless the decoder was created with `experts`.
   */
  readonly experts: readonly (readonly TokenExperts[])[];
  /** Full routing of the same tokens; empty unless the decoder was created with `routing`. */
  readonly routing: readonly SequenceRouting[];
}

/** The complete result of `generate` for one prompt. */
export interface Generation {
  readonly ids: readonly number[];
  readonly text: string;
  /** Sum of the tokens' log probabilities. */
  readonly logProbability: number;
  readonly ended: Ending;
  /**
   * Experts of the prefix, of the prompt's tokens (limited to the context) and of all new tokens
   * except the last.
   */
  readonly experts: readonly TokenExperts[];
}

/**
 * Continues a batch of prompts token by token, and yields each step as soon as it is complete.
 *
 * A prompt's text depends on the key, its index and the options, but not on other prompts.
 *
 * @param prompts token ids, at least one per prompt; optional if the model has a prefix
 * @throws UserError for empty prompts, tokens outside the vocabulary and options outside their range
 * @example
 * for await (const { text } of generate(decoder, [encode("ROMEO:")], { maxNewTokens: 100, decode })) {
 *   process.stdout.write(text[0]!);
 * }
 */
export async function* generate(
  decoder: Decoder,
  prompts: readonly (readonly number[])[],
  options: GenerateOptions,
): AsyncGenerator<GenerationStep, void, void> {
  const { maxNewTokens, stopTokens = [], key = keyOf(0) } = options;
  checkSampling(options);
  checkTextOptions(options);
  checkPrompts(decoder.model, prompts, maxNewTokens);
  const mostTokens = lastLength(decoder.model);
  const stops = new Set(stopTokens);
  const tokens = prompts.map((prompt) => [...prompt]);
  const texts = prompts.map((prompt) => textStream(prompt, options));
  const live = prompts.map(() => true);
  const reader = openReader(decoder, prompts.length, options);
  try {
    for (let index = 0; index < maxNewTokens && live.includes(true); index++) {
      await reader.read(tokens.map((own, r) => (live[r] ? own : undefined)));
      const step = {
        ids: [] as (number | undefined)[],
        text: prompts.map(() => ""),
        logProbabilities: [] as (number | undefined)[],
        ended: [] as (Ending | undefined)[],
        experts: prompts.map((): readonly TokenExperts[] => []),
        routing: prompts.map((): SequenceRouting => ({ tokens: [], prefix: [] })),
      };
      for (const [r, own] of tokens.entries()) {
        if (!live[r]) {
          step.ids.push(undefined);
          step.logProbabilities.push(undefined);
          step.ended.push(undefined);
          continue;
        }
        const probabilities = nextTokenProbabilities(reader.state.logits(r), options, own);
        const id = sampleToken(probabilities, foldIn(foldIn(key, r), index));
        own.push(id);
        const isStop = stops.has(id);
        const isLong = index + 1 === maxNewTokens;
        const isLast = isLong || own.length === mostTokens;
        const { text, stopped } = texts[r]!.add(isStop ? [] : [id], isStop || isLast);
        const ended =
          isStop || stopped ? "stop" : isLong ? "length" : isLast ? "context" : undefined;
        live[r] = ended === undefined;
        step.ids.push(id);
        step.logProbabilities.push(Math.log(probabilities[id]!));
        step.ended.push(ended);
        step.text[r] = text;
        const [experts, routing] = [reader.state.experts(r), reader.state.routing(r)];
        const isFirst = index === 0; // Later steps read only the last token.
        step.experts[r] = isFirst ? experts : experts.slice(-1);
        step.routing[r] = isFirst ? routing : { tokens: routing.tokens.slice(-1), prefix: [] };
      }
      yield step;
    }
  } finally {
    reader.state.dispose();
  }
}

/** Runs `generate` to the end and concatenates the steps of each prompt. */
export async function collect(steps: AsyncIterable<GenerationStep>): Promise<Generation[]> {
  const results: {
    ids: number[];
    text: string;
    logProbability: number;
    ended: Ending;
    experts: TokenExperts[];
  }[] = [];
  for await (const step of steps) {
    for (const [r, id] of step.ids.entries()) {
      results[r] ??= { ids: [], text: "", logProbability: 0, ended: "length", experts: [] };
      if (id === undefined) continue;
      const own = results[r];
      own.ids.push(id);
      own.text += step.text[r]!;
      own.logProbability += step.logProbabilities[r]!;
      own.ended = step.ended[r] ?? own.ended;
      own.experts.push(...step.experts[r]!);
    }
  }
  return results;
}

/**
 * @throws UserError (exit code 2) if a prompt is empty or too long, or `maxNewTokens` is invalid
 */
export function checkPrompts(
  model: LanguageModel,
  prompts: readonly (readonly number[])[],
  maxNewTokens: number,
): void {
  const most = lastLength(model);
  const tooLong = prompts.find(({ length }) => length >= most);
  if (tooLong !== undefined) {
    throw usageError(
      `a prompt of ${tooLong.length} tokens does not fit the model's context, which has ${roomForTokens(model)} tokens after the prefix; shorten it`,
    );
  }
  const isEmpty = model.prefix === undefined && prompts.some(({ length }) => length === 0);
  if (prompts.length === 0 || isEmpty) {
    throw usageError(
      "a prompt needs at least one token; start with a line break or the start token of the vocabulary",
    );
  }
  if (!(Number.isInteger(maxNewTokens) && maxNewTokens >= 1)) {
    throw usageError(`max_new_tokens must be a whole number >= 1, got ${maxNewTokens}`);
  }
}

/** Maximum sequence length: after a prefix, the readable tokens plus a last unread token. */
export function lastLength(model: LanguageModel): number {
  return model.prefix === undefined ? Infinity : roomForTokens(model) + 1;
}
