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
  /** Equal keys give equal texts. Default `key(0)`. */
  readonly key?: Key;
}

/**
 * Why a sequence ended: a stop token or text, `maxNewTokens`, or after a prefix the end of the context
 * (without one the context slides along).
 */
export type Ending = "stop" | "length" | "context";

/** One more token of every sequence; the lists have an entry per prompt. */
export interface GenerationStep {
  /** The new token; `undefined` where the sequence had ended before. */
  readonly ids: readonly (number | undefined)[];
  /**
   * What the token adds to the text. A character that spans tokens appears with its last one, what
   * may begin a stop text as soon as it does not, and stops add nothing.
   */
  readonly text: readonly string[];
  /** Natural logarithm of the token's probability among those that could be drawn. */
  readonly logProbabilities: readonly (number | undefined)[];
  /** Why a sequence ended with this token. */
  readonly ended: readonly (Ending | undefined)[];
  /**
   * Experts of the tokens that were read for this step: those of prefix and prompt in the first one,
   * then the token before the new one. Empty unless the decoder was created with `experts`.
   */
  readonly experts: readonly (readonly TokenExperts[])[];
  /** All that routers made of the same tokens; empty unless the decoder was created with `routing`. */
  readonly routing: readonly SequenceRouting[];
}

/** A whole result of `generate`. */
export interface Generation {
  readonly ids: readonly number[];
  readonly text: string;
  /** Sum over the tokens. */
  readonly logProbability: number;
  readonly ended: Ending;
  /**
   * Of the prefix and of the prompt's tokens (of those in the context, where it is longer) and of all new ones but the
   * last.
   */
  readonly experts: readonly TokenExperts[];
}

/**
 * Continues prompts token by token, all of them together; each step is there as soon as it is known.
 *
 * A prompt's text depends on the key, its place in the list and the options, not on other prompts.
 *
 * @param prompts token ids, at least one each; a model with a prefix begins without any, too
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
        const isFirst = index === 0; // Later the rest was read before.
        step.experts[r] = isFirst ? experts : experts.slice(-1);
        step.routing[r] = isFirst ? routing : { tokens: routing.tokens.slice(-1), prefix: [] };
      }
      yield step;
    }
  } finally {
    reader.state.dispose();
  }
}

/** Waits for all steps of `generate` and puts those of each prompt together. */
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

/** @throws UserError for what cannot be continued */
export function checkPrompts(
  model: LanguageModel,
  prompts: readonly (readonly number[])[],
  maxNewTokens: number,
): void {
  const most = lastLength(model);
  const tooLong = prompts.find(({ length }) => length >= most);
  if (tooLong !== undefined) {
    throw usageError(
      `a prompt of ${tooLong.length} tokens leaves no room in the model's context, which has ${roomForTokens(model)} after the prefix; shorten it`,
    );
  }
  const isEmpty = model.prefix === undefined && prompts.some(({ length }) => length === 0);
  if (prompts.length === 0 || isEmpty) {
    throw usageError(
      "a prompt needs at least one token; begin with a line break or the start token of the vocabulary",
    );
  }
  if (!(Number.isInteger(maxNewTokens) && maxNewTokens >= 1)) {
    throw usageError(`max_new_tokens must be a whole number >= 1, got ${maxNewTokens}`);
  }
}

/** Tokens that a sequence can have: after a prefix one more than can be read, the last one. */
export function lastLength(model: LanguageModel): number {
  return model.prefix === undefined ? Infinity : roomForTokens(model) + 1;
}
