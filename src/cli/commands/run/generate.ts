import { beamSearch } from "../../../evaluate/generate/beam-search.ts";
import {
  collect,
  type GenerateOptions,
  type GenerationStep,
  generate,
} from "../../../evaluate/generate/generate.ts";
import { promptTokens } from "../../../evaluate/generate/prompt.ts";
import { defined } from "../../../graph/defined.ts";
import { key } from "../../../random/index.ts";
import { openLanguageModel } from "../../../runs/open-language-model.ts";
import { type Context, printJson } from "../../context.ts";
import { describeResult, noteSpeed, printResults, type Result } from "../../generate-output.ts";
import { parseCheckpoint, parseWhole } from "../../numbers.ts";
import { createProgress } from "../../progress.ts";
import { readSampling, type SamplingOptions } from "../../sampling.ts";

export interface GenerateCommandOptions extends SamplingOptions {
  prompt: string[];
  maxNewTokens: string;
  stop?: string[];
  keepTokens?: string;
  checkpoint: string;
}

/** `moesaic generate`: continues texts with the language model of a run. */
export async function generateCommand(
  context: Context,
  run: string,
  options: GenerateCommandOptions,
): Promise<number> {
  const { experts = false, json = false, prompt: prompts, stop, keepTokens } = options;
  const sampling = readSampling(options, { numTexts: prompts.length, defaultTemperature: 1 });
  const { numBeams, lengthPenalty, seed } = sampling;
  const given = {
    maxNewTokens: parseWhole("--max-new-tokens", options.maxNewTokens, 1),
    ...sampling.options,
    ...(keepTokens !== undefined && { keepTokens: parseWhole("--keep-tokens", keepTokens, 1) }),
    ...defined({ stopTexts: stop }),
    key: key(seed),
  };
  const checkpoint = parseCheckpoint(options.checkpoint);

  using opened = await openLanguageModel(run, { checkpoint, experts });
  const { decoder, tokenizer, model } = opened;
  const ids = prompts.map((text) => promptTokens(tokenizer, text));
  for (const { length } of ids) noteLength(context, length, model.contextLength);
  const all: GenerateOptions = {
    ...given,
    decode: (tokens) => tokenizer.decode(tokens),
    ...(tokenizer.endId !== undefined && { stopTokens: [tokenizer.endId] }),
  };

  const started = performance.now();
  const streams = doesStream(context, options);
  const results: Result[] = [];
  if (numBeams > 0) {
    for (const [r, own] of ids.entries()) {
      const beams = await beamSearch(decoder, own, { ...all, numBeams, lengthPenalty });
      results.push({ prompt: prompts[r]!, ids: own, beams });
    }
  } else {
    const steps = generate(decoder, ids, all);
    const shown = streams
      ? printSteps(context, prompts[0]!, steps)
      : countSteps(context, steps, all.maxNewTokens);
    for (const [r, generation] of (await collect(shown)).entries()) {
      results.push({ prompt: prompts[r]!, ids: ids[r]!, generation });
    }
  }
  const seconds = (performance.now() - started) / 1000;

  if (json || experts) {
    const { step } = opened.checkpoint;
    const texts = results.map((result) => describeResult(result, opened, experts));
    printJson(context, { run, step, ...(numBeams === 0 && { seed }), texts });
  } else {
    if (!streams) printResults(context, results);
    noteSpeed(context, results, seconds);
  }
  return 0;
}

function noteLength({ err }: Context, numTokens: number, contextLength: number): void {
  if (numTokens <= contextLength) return;
  err.line(
    `the prompt has ${numTokens} tokens and the model sees ${contextLength}; the first ${numTokens - contextLength} have no influence`,
  );
}

function doesStream({ out }: Context, options: GenerateCommandOptions): boolean {
  const { stream = out.interactive, prompt, beams, json, experts } = options;
  return stream && prompt.length === 1 && beams === undefined && !json && !experts;
}

/** Prints the text of one prompt step by step. */
async function* printSteps(
  { out }: Context,
  prompt: string,
  steps: AsyncIterable<GenerationStep>,
): AsyncGenerator<GenerationStep> {
  let begun = false; // Nothing is printed where the options are refused.
  for await (const step of steps) {
    if (!begun) out.write(out.style("bold", prompt));
    begun = true;
    out.write(step.text[0]!);
    yield step;
  }
  out.line();
}

async function* countSteps(
  { err }: Context,
  steps: AsyncIterable<GenerationStep>,
  total: number,
): AsyncGenerator<GenerationStep> {
  const progress = createProgress(err);
  let done = 0;
  try {
    for await (const step of steps) {
      done += 1;
      progress.update({ label: "token", done, total });
      yield step;
    }
  } finally {
    progress.close();
  }
}
