/** Generated texts as plain text and as JSON. */
import type { Beam } from "../evaluate/generate/beam-search.ts";
import type { Generation } from "../evaluate/generate/generate.ts";
import { tokenTexts } from "../evaluate/generate/prompt.ts";
import { defined } from "../graph/defined.ts";
import type { ChatMessage } from "../runs/chat/apply-chat-template.ts";
import type { OpenedTextModel } from "../runs/open-text-model.ts";
import type { Context } from "./context.ts";
import { formatMetric, formatRate } from "./progress.ts";

/** A prompt and its continuation: one text, or beams. */
export interface Result {
  readonly prompt: string;
  /** Tokens of the prompt. */
  readonly ids: readonly number[];
  readonly generation?: Generation;
  readonly beams?: readonly Beam[];
  /** The conversation that the prompt writes. */
  readonly messages?: readonly ChatMessage[];
}

/** What is printed before a continuation: its prompt, and nothing before an answer. */
export function leadOf({ prompt, messages }: Result): string {
  return messages === undefined ? prompt : "";
}

/** Prints prompts with their continuations, numbered if there are several. */
export function printResults({ out }: Context, results: readonly Result[]): void {
  for (const [r, result] of results.entries()) {
    const { generation, beams = [] } = result;
    if (r > 0) out.line();
    if (results.length > 1) out.line(out.style("dim", `prompt ${r + 1} of ${results.length}`));
    const lead = out.style("bold", leadOf(result));
    if (generation !== undefined) out.line(lead + generation.text);
    for (const [rank, { text, score, ids }] of beams.entries()) {
      const about = `beam ${rank + 1}: score ${formatMetric(score)}, ${ids.length} tokens`;
      out.line(out.style("dim", about));
      out.line(lead + text);
    }
  }
}

/** Notes the number of new tokens and the speed. */
export function noteSpeed({ err }: Context, results: readonly Result[], seconds: number): void {
  const numTokens = results
    .flatMap(({ generation, beams = [] }) => [...(generation ? [generation] : []), ...beams])
    .reduce((sum, { ids }) => sum + ids.length, 0);
  const rate = seconds > 0 ? numTokens / seconds : 0;
  err.line(`${numTokens} tokens in ${seconds.toFixed(1)} s, ${formatRate(rate)} tokens/s`);
}

/** A result as JSON. */
export function describeResult(
  { prompt, ids, generation, beams, messages }: Result,
  opened: Pick<OpenedTextModel, "decoder" | "tokenizer">,
  experts: boolean,
): { readonly prompt: string; readonly [key: string]: unknown } {
  const given = { prompt, ...defined({ messages }) };
  if (generation === undefined) {
    return {
      ...given,
      beams: (beams ?? []).map((beam) => ({ ...describe(beam), score: beam.score })),
    };
  }
  return {
    ...given,
    ...describe(generation),
    ...(experts && { routing: routingOf(ids, generation, opened) }),
  };
}

function describe({ text, ids, logProbability, ended }: Omit<Beam, "score">) {
  return { text, num_tokens: ids.length, log_probability: logProbability, ended };
}

/**
 * Tokens read by the model, and their experts in every layer, best first: image tokens, then all text
 * tokens but the last.
 */
function routingOf(
  prompt: readonly number[],
  { ids, experts }: Generation,
  { decoder, tokenizer }: Pick<OpenedTextModel, "decoder" | "tokenizer">,
): object {
  const read = [...prompt, ...ids.slice(0, -1)].slice(-experts.length);
  const seen = Array<string>(experts.length - read.length).fill("<image>");
  return {
    layers: decoder.expertLayers,
    tokens: [...seen, ...tokenTexts(tokenizer, read)],
    experts, // [tokens][layers][K]
  };
}
