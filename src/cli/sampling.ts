/** Sampling and beam search as options of `generate` and `caption`. */
import type { GenerateOptions } from "../evaluate/generate/generate.ts";
import { usageError } from "../graph/errors.ts";
import { parseNumber, parseWhole } from "./numbers.ts";

export interface SamplingOptions {
  readonly temperature?: string;
  readonly topK?: string;
  readonly topP?: string;
  readonly repetitionPenalty?: string;
  readonly seed?: string;
  readonly beams?: string;
  readonly lengthPenalty?: string;
  readonly stream?: boolean;
  readonly cache: boolean;
  readonly experts?: boolean;
  readonly json?: boolean;
}

/** Sampling options of a command, parsed. */
export interface Sampling {
  /** 0 without beam search. */
  readonly numBeams: number;
  readonly lengthPenalty: number;
  readonly seed: number;
  readonly options: Partial<GenerateOptions>;
}

const randomOptions = { topK: "--top-k", topP: "--top-p", seed: "--seed" } as const;

/**
 * Parses and checks the options that all writing commands share.
 *
 * @param numTexts texts written by the command
 * @param defaultTemperature 0 takes the most probable token
 * @throws UserError (exit code 2) for values that are invalid or cannot be combined
 */
export function readSampling(
  given: SamplingOptions,
  {
    numTexts,
    defaultTemperature,
  }: { readonly numTexts: number; readonly defaultTemperature: number },
): Sampling {
  const { temperature, topK, topP, repetitionPenalty, beams, lengthPenalty, cache } = given;
  const { experts = false, json = false, stream = false } = given;
  if (beams !== undefined) {
    const random = { temperature: "--temperature", ...randomOptions };
    for (const [key, flag] of Object.entries(random)) {
      if (given[key as keyof typeof random] === undefined) continue;
      throw usageError(`--beams does not sample at random; drop ${flag}`);
    }
    if (experts) throw usageError("--experts cannot be combined with --beams");
  } else if (lengthPenalty !== undefined) {
    throw usageError("--length-penalty needs beam search; add --beams");
  }
  const temperatureValue = parseNumber("--temperature", temperature ?? `${defaultTemperature}`);
  if (defaultTemperature === 0 && temperature === undefined && beams === undefined) {
    for (const [key, flag] of Object.entries(randomOptions)) {
      if (given[key as keyof typeof randomOptions] === undefined) continue;
      throw usageError(`${flag} needs random sampling; add --temperature above 0`);
    }
  }
  if (stream && (numTexts > 1 || beams !== undefined || json || experts)) {
    throw usageError("--stream prints one text; drop it for several texts, beams and JSON");
  }
  return {
    numBeams: beams === undefined ? 0 : parseWhole("--beams", beams, 1),
    lengthPenalty: parseNumber("--length-penalty", lengthPenalty ?? "0"),
    seed: parseWhole("--seed", given.seed ?? "0", 0),
    options: {
      useCache: cache,
      temperature: temperatureValue,
      ...(topK !== undefined && { topK: parseWhole("--top-k", topK, 1) }),
      ...(topP !== undefined && { topP: parseNumber("--top-p", topP) }),
      ...(repetitionPenalty !== undefined && {
        repetitionPenalty: parseNumber("--repetition-penalty", repetitionPenalty),
      }),
    },
  };
}
