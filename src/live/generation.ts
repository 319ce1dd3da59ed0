/** Generates text with a decoder, with the router decisions for every token. */

import type { Tokenizer } from "../data/tokenizers/index.ts";
import type { Decoder } from "../evaluate/generate/decoder.ts";
import type { SequenceRouting } from "../evaluate/generate/decoder-routing.ts";
import { type GenerateOptions, generate } from "../evaluate/generate/generate.ts";
import { continuation } from "../evaluate/generate/text-stream.ts";
import { defined } from "../graph/defined.ts";
import { UserError } from "../graph/errors.ts";
import { type Key, key } from "../random/key.ts";
import type { GenerateRequest } from "./types.ts";

/** Maximum number of new tokens per request. */
const MOST_TOKENS = 100_000;

export interface WrittenText {
  /** New tokens without the stop token. */
  readonly ids: readonly number[];
  readonly text: string;
  /** Routing of all tokens that the model read. */
  readonly routing: SequenceRouting;
}

export interface WriteOptions extends Pick<GenerateOptions, "prefix"> {
  readonly maxNewTokens: number;
  /** Temperature if the request has none. */
  readonly temperature: number;
  /** Maps a seed to a key. Default `key`. */
  readonly keyOf?: (seed: number) => Key;
  readonly onText?: ((text: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Continues a prompt. It computes one extra token, so that the model also reads and routes the last
 * returned token.
 *
 * @throws UserError if `maxNewTokens` or `seed` is out of range
 */
export async function writeText(
  decoder: Decoder,
  tokenizer: Tokenizer,
  prompt: readonly number[],
  request: GenerateRequest,
  options: WriteOptions,
): Promise<WrittenText> {
  const { prefix, onText, signal, keyOf = key } = options;
  const { topK, topP, seed = 0, temperature = options.temperature } = request;
  const most = request.maxNewTokens ?? options.maxNewTokens;
  requireWhole("maxNewTokens", most, 1, MOST_TOKENS);
  requireWhole("seed", seed, 0, Number.MAX_SAFE_INTEGER);
  const decode = (ids: readonly number[]): string => tokenizer.decode(ids);
  const steps = generate(decoder, [prompt], {
    maxNewTokens: most + 1,
    decode,
    temperature,
    key: keyOf(seed),
    ...defined({ topK, topP }),
    ...(prefix && { prefix }),
    ...(tokenizer.endId !== undefined && { stopTokens: [tokenizer.endId] }),
  });
  const ids: number[] = [];
  let routing: SequenceRouting = { tokens: [], prefix: [] };
  let shown = "";
  signal?.throwIfAborted();
  for await (const step of steps) {
    signal?.throwIfAborted();
    const [read, id, ended] = [step.routing[0]!, step.ids[0]!, step.ended[0]];
    routing = {
      tokens: [...routing.tokens, ...read.tokens],
      prefix: [...routing.prefix, ...read.prefix],
    };
    if (ids.length === most || ended === "stop") break;
    ids.push(id);
    if (step.text[0] === "") continue;
    shown += step.text[0];
    onText?.(shown);
  }
  const { text } = continuation(prompt, ids, { decode });
  if (text !== shown) onText?.(text);
  return { ids, text, routing };
}

function requireWhole(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new UserError(`${name} must be a whole number from ${least} to ${most}, got ${value}`);
}
