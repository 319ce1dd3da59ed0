/** Texts that a language model generates at the end of its training, for the report. */
import type { Tokenizer } from "../../data/tokenizers/index.ts";
import { createDecoder, type DecoderOptions } from "../../evaluate/generate/decoder.ts";
import { collect, generate } from "../../evaluate/generate/generate.ts";
import type { TextSample } from "../../inspect/types/text.ts";
import type { LanguageModel } from "../../models/language-model.ts";
import { key } from "../../random/index.ts";

const TEMPERATURES = [0.5, 0.8, 1] as const;
const PROMPT_TOKENS = 16;
const NEW_TOKENS = 200;

export interface SampleOptions extends Pick<DecoderOptions, "runtime" | "weights" | "session"> {
  readonly tokenizer: Tokenizer;
  readonly seed: number;
  /** A text as tokens; its start is the prompt. */
  readonly text: readonly number[];
  /** Called before each sample and after the last one. */
  readonly onSample?: (done: number, total: number) => void;
}

/** Continues the start of a text at several temperatures; equal seeds give equal samples. */
export async function sampleTexts(
  model: LanguageModel,
  { tokenizer, seed, text, onSample, ...options }: SampleOptions,
): Promise<TextSample[]> {
  const prompt = text.slice(0, Math.min(PROMPT_TOKENS, model.contextLength));
  const decoder = await createDecoder(model, options);
  const decode = (ids: readonly number[]): string => tokenizer.decode(ids);
  const stopTokens = tokenizer.endId === undefined ? [] : [tokenizer.endId];
  try {
    const samples: TextSample[] = [];
    for (const temperature of TEMPERATURES) {
      onSample?.(samples.length, TEMPERATURES.length);
      const sampling = { temperature, maxNewTokens: NEW_TOKENS, stopTokens, key: key(seed) };
      const [generation] = await collect(generate(decoder, [prompt], { ...sampling, decode }));
      samples.push({ temperature, prompt: decode(prompt), text: generation!.text });
    }
    onSample?.(samples.length, TEMPERATURES.length);
    return samples;
  } finally {
    decoder.dispose();
  }
}
