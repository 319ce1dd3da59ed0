/** Settings of `generate` and `caption` from their options. */
import type { GenerateOptions } from "../evaluate/generate/generate.ts";
import { defined } from "../graph/defined.ts";
import { usageError } from "../graph/errors.ts";
import type { TextModel } from "../runs/open-language-model.ts";
import type { Context } from "./context.ts";
import type { GenerationOptions } from "./options.ts";

/** The settings that both commands share. */
export function generateSettings(
  {
    temperature,
    topK,
    topP,
    repetitionPenalty,
    cache: useCache,
  }: GenerationOptions & { readonly temperature: number },
  { tokenizer, stopTokens }: Pick<TextModel, "tokenizer"> & Partial<Pick<TextModel, "stopTokens">>,
): Omit<GenerateOptions, "maxNewTokens"> {
  const { endId } = tokenizer;
  return {
    temperature,
    useCache,
    decode: (tokens) => tokenizer.decode(tokens),
    ...defined({ topK, topP, repetitionPenalty }),
    stopTokens: stopTokens ?? (endId === undefined ? [] : [endId]),
  };
}

/**
 * Whether the text is printed as it grows.
 *
 * @param numTexts texts that the command writes
 * @throws UserError (exit code 2) if `--stream` is given for several texts
 */
export function doesStream(
  { out }: Context,
  { stream, beams, json, experts }: GenerationOptions,
  numTexts: number,
): boolean {
  if (stream && numTexts > 1) {
    throw usageError(`--stream prints one text as it grows, got ${numTexts} texts; drop --stream`);
  }
  const isPlain = beams === undefined && !json && !experts;
  return (stream ?? out.interactive) && numTexts === 1 && isPlain;
}
