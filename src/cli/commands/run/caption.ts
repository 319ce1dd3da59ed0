import { type BeamSearchOptions, beamSearch } from "../../../evaluate/generate/beam-search.ts";
import type { PrefixRows } from "../../../evaluate/generate/decoder-session.ts";
import {
  collect,
  type GenerateOptions,
  type GenerationStep,
  generate,
} from "../../../evaluate/generate/generate.ts";
import { firstTokens } from "../../../evaluate/generate/prompt.ts";
import { UserError } from "../../../graph/errors.ts";
import { foldIn, key } from "../../../random/index.ts";
import { type OpenedCaptioner, openCaptioner } from "../../../runs/open-captioner.ts";
import { type Context, printJson } from "../../context.ts";
import { describeResult, noteSpeed, type Result } from "../../generate-output.ts";
import { doesStream, generateSettings } from "../../generation.ts";
import type { GenerationOptions } from "../../options.ts";
import { createProgress } from "../../progress.ts";

export interface CaptionCommandOptions extends GenerationOptions {
  readonly maxNewTokens: number | undefined;
  readonly temperature: number;
}

/** Images in a batch. */
const BATCH = 32;

type Steps = AsyncIterable<GenerationStep>;

/** An image file and the vectors that the model reads. */
interface Picture {
  readonly file: string;
  readonly prefix: PrefixRows;
}

/**
 * `moesaic caption`: describes image files.
 *
 * @returns the exit code: 0, or 1 if some files cannot be read
 */
export async function captionCommand(
  context: Context,
  run: string,
  files: readonly string[],
  options: CaptionCommandOptions,
): Promise<number> {
  const { seed, beams: numBeams, lengthPenalty, experts, json, checkpoint } = options;
  const streams = doesStream(context, options, files.length);

  using opened = await openCaptioner(run, { checkpoint, experts });
  const { model } = opened;
  const { pictures, broken } = await readPictures(opened, files);
  const { maxNewTokens = model.contextLength + 1 } = options; // more tokens than fit into the context
  const all: GenerateOptions = { maxNewTokens, ...generateSettings(options, opened) };

  const started = performance.now();
  const results: Result[] = [];
  const size = numBeams === undefined ? BATCH : 1;
  using progress = createProgress(context.err);
  for (let start = 0; start < pictures.length; start += size) {
    const batch = pictures.slice(start, start + size);
    if (numBeams !== undefined) {
      results.push(await searchCaption(opened, batch[0]!, { ...all, numBeams, lengthPenalty }));
    } else {
      const show = (steps: Steps): Steps => (streams ? printSteps(context, steps) : steps);
      const own = { ...all, key: foldIn(key(seed), start) };
      results.push(...(await captionAll(opened, batch, own, show)));
    }
    if (pictures.length <= size) continue;
    progress.update({ label: "image", done: results.length, total: pictures.length });
  }
  const seconds = (performance.now() - started) / 1000;

  if (json || experts) {
    const captions = results.map((result) => {
      const { prompt: image, ...rest } = describeResult(result, opened, experts);
      return { image, ...rest };
    });
    const { step } = opened.checkpoint;
    printJson(context, { run, step, ...(numBeams === undefined && { seed }), captions, broken });
  } else {
    if (!streams) printCaptions(context, results, files.length);
    if (results.length > 0) noteSpeed(context, results, seconds);
  }
  noteEndings(context, results, model.contextLength);
  for (const { error } of broken) context.err.line(error);
  return broken.length > 0 ? 1 : 0;
}

/** Reads images; a file that cannot be read becomes an error message. */
async function readPictures({ readImage }: OpenedCaptioner, files: readonly string[]) {
  const pictures: Picture[] = [];
  const broken: { image: string; error: string }[] = [];
  for (const file of files) {
    try {
      pictures.push({ file, prefix: await readImage(file) });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      broken.push({ image: file, error: error.message });
    }
  }
  return { pictures, broken };
}

async function searchCaption(
  { decoder, tokenizer }: OpenedCaptioner,
  { file, prefix }: Picture,
  options: BeamSearchOptions,
): Promise<Result> {
  const ids = firstTokens(tokenizer);
  return { prompt: file, ids, beams: await beamSearch(decoder, ids, { ...options, prefix }) };
}

/** Captions of a batch of images. */
async function captionAll(
  { decoder, tokenizer }: OpenedCaptioner,
  pictures: readonly Picture[],
  options: GenerateOptions,
  show: (steps: Steps) => Steps,
): Promise<Result[]> {
  const ids = firstTokens(tokenizer);
  const prompts = pictures.map(() => ids);
  const steps = generate(decoder, prompts, { ...options, prefix: stack(pictures) });
  const generations = await collect(show(steps));
  return generations.map((generation, r) => ({ prompt: pictures[r]!.file, ids, generation }));
}

function stack(pictures: readonly Picture[]): PrefixRows {
  const [, ...shape] = pictures[0]!.prefix.shape;
  const size = pictures[0]!.prefix.data.length;
  const data = new Float32Array(pictures.length * size);
  for (const [row, { prefix }] of pictures.entries()) data.set(prefix.data, row * size);
  return { dtype: "float32", shape: [pictures.length, ...shape], data };
}

/** Prints captions, after the names of their files if there are several. */
function printCaptions({ out }: Context, results: readonly Result[], numFiles: number): void {
  for (const { prompt: file, generation, beams = [] } of results) {
    const text = generation?.text ?? beams[0]?.text ?? "";
    out.line(numFiles === 1 ? text : `${out.style("bold", file)}: ${text}`);
  }
}

/** Notes the captions that end because the context is full. */
function noteEndings({ err }: Context, results: readonly Result[], contextLength: number): void {
  for (const { prompt: file, generation, beams = [] } of results) {
    if ((generation ?? beams[0])?.ended !== "context") continue;
    err.line(`${file}: the caption is cut off at the context length of ${contextLength} tokens`);
  }
}

async function* printSteps({ out }: Context, steps: Steps): AsyncGenerator<GenerationStep> {
  for await (const step of steps) {
    out.write(step.text[0]!);
    yield step;
  }
  out.line();
}
