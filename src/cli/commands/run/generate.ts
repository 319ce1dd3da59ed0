import { beamSearch } from "../../../evaluate/generate/beam-search.ts";
import {
  collect,
  type GenerateOptions,
  type GenerationStep,
  generate,
} from "../../../evaluate/generate/generate.ts";
import { defined } from "../../../graph/defined.ts";
import type { WeightChoice } from "../../../pretrained/weight-type.ts";
import { key } from "../../../random/index.ts";
import { openTextModel } from "../../../runs/open-text-model.ts";
import { type Context, printJson } from "../../context.ts";
import {
  describeResult,
  leadOf,
  noteSpeed,
  printResults,
  type Result,
} from "../../generate-output.ts";
import { doesStream, generateSettings } from "../../generation.ts";
import type { GenerationOptions } from "../../options.ts";
import { createProgress, readingProgress } from "../../progress.ts";
import { countPrompts, type Prompt, type PromptOptions, readPrompts } from "../../prompts.ts";

export interface GenerateCommandOptions extends GenerationOptions, PromptOptions {
  readonly maxNewTokens: number;
  readonly temperature: number;
  readonly stop: readonly string[] | undefined;
  readonly keepTokens: number | undefined;
  readonly context: number | undefined;
  readonly weights: WeightChoice;
}

/** `moesaic generate`: continues texts with the language model of a run or a folder. */
export async function generateCommand(
  context: Context,
  run: string,
  options: GenerateCommandOptions,
): Promise<number> {
  const { maxNewTokens, stop, keepTokens, checkpoint } = options;
  const { seed, beams: numBeams, lengthPenalty, experts, json } = options;
  const streams = doesStream(context, options, countPrompts(options));

  using reading = readingProgress(context.err);
  using opened = await openTextModel(run, {
    ...{ checkpoint, experts, contextLength: options.context, weightType: options.weights },
    ...{ note: context.err.line, onProgress: reading.onProgress },
  });
  const { decoder, tokenizer, model } = opened;
  const prompts = await readPrompts(options, tokenizer);
  for (const { ids } of prompts) noteLength(context, ids.length, model.contextLength);
  const all: GenerateOptions = {
    maxNewTokens,
    ...generateSettings(options, opened),
    ...defined({ keepTokens, stopTexts: stop }),
    key: key(seed),
  };

  const started = performance.now();
  const results: Result[] = [];
  if (numBeams !== undefined) {
    for (const prompt of prompts) {
      const beams = await beamSearch(decoder, prompt.ids, { ...all, numBeams, lengthPenalty });
      results.push({ ...resultOf(prompt), beams });
    }
  } else {
    const steps = generate(decoder, prompts.map(({ ids }) => ids), all); // biome-ignore format: short
    const shown = streams
      ? printSteps(context, leadOf(resultOf(prompts[0]!)), steps)
      : countSteps(context, steps, all.maxNewTokens);
    for (const [r, generation] of (await collect(shown)).entries()) {
      results.push({ ...resultOf(prompts[r]!), generation });
    }
  }
  const seconds = (performance.now() - started) / 1000;

  if (json || experts) {
    const { step } = opened;
    const texts = results.map((result) => describeResult(result, opened, experts));
    printJson(context, {
      run,
      ...defined({ step }),
      ...(numBeams === undefined && { seed }),
      texts,
    });
  } else {
    if (!streams) printResults(context, results);
    noteSpeed(context, results, seconds);
  }
  return 0;
}

function noteLength({ err }: Context, numTokens: number, contextLength: number): void {
  if (numTokens <= contextLength) return;
  err.line(
    `the prompt has ${numTokens} tokens and the context length is ${contextLength}; the first ${numTokens - contextLength} tokens are ignored`,
  );
}

function resultOf({ text: prompt, ...rest }: Prompt): Result {
  return { prompt, ...rest };
}

/** Prints the text of one prompt step by step. */
async function* printSteps(
  { out }: Context,
  lead: string,
  steps: AsyncIterable<GenerationStep>,
): AsyncGenerator<GenerationStep> {
  let begun = false; // Settings are checked with the first step.
  for await (const step of steps) {
    if (!begun) out.write(out.style("bold", lead));
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
  using progress = createProgress(err);
  let done = 0;
  for await (const step of steps) {
    done += 1;
    progress.update({ label: "token", done, total });
    yield step;
  }
}
