/** Opens trained captioning models. */

import { BrokenImageError } from "../data/images/decode/decode.ts";
import { readSample } from "../data/read-sample.ts";
import { pipeline } from "../data/transforms/index.ts";
import { createDecoder } from "../evaluate/generate/decoder.ts";
import type { PrefixRows } from "../evaluate/generate/decoder-session.ts";
import { allocate } from "../graph/array.ts";
import { UserError } from "../graph/errors.ts";
import { createSeeMoe, type SeeMoe } from "../models/seemoe/config.ts";
import { key } from "../random/index.ts";
import { modelShape, openImages, readShape } from "../recipe/image-source.ts";
import type { OpenedLanguageModel, OpenLanguageModelOptions } from "./open-language-model.ts";
import { disposable, openModel } from "./open-model.ts";

/** An opened captioning model; the caller must dispose of it. */
export interface OpenedCaptioner extends OpenedLanguageModel {
  readonly model: SeeMoe;
  /**
   * Reads a picture file as model input, `[1, channels, H, W]`: decoded, resized and normalised as
   * in the run's evaluation.
   *
   * @throws UserError if the file is missing or not a picture
   */
  readImage(file: string): Promise<PrefixRows>;
}

/**
 * Opens the captioning model of a run directory. The data set is only needed if pictures were not
 * resized, to determine their size. Weights are the moving averages if the run keeps them.
 *
 * @throws UserError (exit code 2) if the directory is not a run, or its model does not write captions
 * @example
 * using opened = await openCaptioner("runs/seemoe-shapes");
 * const { decoder, tokenizer } = opened;
 * const prefix = await opened.readImage("star.png");
 * const options = { prefix, maxNewTokens: 40, temperature: 0, stopTokens: [tokenizer.endId!] };
 * const steps = generate(decoder, [firstTokens(tokenizer)], { ...options, decode: tokenizer.decode });
 * for await (const { text } of steps) process.stdout.write(text[0]!);
 */
export async function openCaptioner(
  run: string,
  { experts = false, ...options }: OpenLanguageModelOptions = {},
): Promise<OpenedCaptioner> {
  const systems = { names: ["seemoe"], lacks: "writes no captions" } as const;
  const opened = await openModel(run, systems, options);
  const { config, checkpoint, settings, tokenizer, compile } = opened;
  const read = await readShape(config);
  const imageShape = modelShape(config, read);
  const { vocabularySize } = tokenizer;
  const model = createSeeMoe(settings, { vocabularySize, imageShape });
  const decoder = await createDecoder(model, { ...compile, experts });
  return {
    ...{ config, checkpoint, model, tokenizer, decoder },
    async readImage(file) {
      const { dataset, transforms } = await openImages(config, read, { file }).catch(
        nameFile(file),
      );
      const image = allocate("float32", [1, ...imageShape]);
      pipeline(transforms, dataset.imageShape).apply(readSample(dataset, 0), key(0), image.data);
      return image;
    },
    ...disposable(() => decoder.dispose()),
  };
}

/** An error that names the picture and the reason why it cannot be decoded. */
function nameFile(file: string) {
  return (error: unknown): never => {
    const cause = error instanceof UserError ? error.cause : undefined;
    if (!(cause instanceof BrokenImageError)) throw error;
    throw new UserError(`${file} cannot be decoded: ${cause.message}`, { cause });
  };
}
