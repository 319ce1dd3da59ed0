/** Single images and texts in one space. */
import { createEncoder, type EncoderModel, similarityOf } from "../evaluate/encoder.ts";
import { type DiffMoeSettings, diffMoeMatchingConfig } from "../models/diff-moe/config.ts";
import {
  encodeCaption,
  encodeImageAlone,
  matchingSimilarity,
} from "../models/diff-moe/matching.ts";
import { createLimoe, type LimoeSettings } from "../models/limoe/config.ts";
import { patchGrid } from "../nn/patch-embed.ts";
import { imageClassifier } from "./image-classifier.ts";
import { imageReader } from "./image-input.ts";
import { lazily } from "./lazily.ts";
import { isTokenTap, readLayers } from "./routing.ts";
import type { LiveAbilities, LiveSource } from "./source.ts";
import { readText } from "./text-input.ts";

interface GriddedModel extends EncoderModel {
  readonly grid: { readonly rows: number; readonly columns: number };
}

/** Embeds images and texts; a Diff-MoE with classes also classifies images, which then see no text. */
export async function contrastive(
  source: LiveSource<LimoeSettings | DiffMoeSettings>,
): Promise<LiveAbilities> {
  const { spec, settings, compile, tokenizer } = source;
  const model =
    settings.system === "limoe" ? limoeOf(source, settings) : diffMoeOf(source, settings);
  const similarity = await similarityOf(model, compile);
  const read = imageReader(spec);
  const encoder = lazily(() => createEncoder(model, { ...compile, taps: isTokenTap }));
  const { rows, columns: cols } = model.grid;
  const classes =
    settings.system === "diff-moe" && spec.classNames.length > 0
      ? imageClassifier(source, { grid: model.grid, logits: diffMoeLogits(source, settings) })
      : undefined;
  return {
    similarity,
    ...(classes && { classifyImage: classes.classifyImage }),
    async embedImage(image) {
      const { tapImages } = await encoder.get();
      const { embeddings, taps } = await tapImages(read(image));
      const layers = readLayers(taps, Object.keys(taps), rows * cols);
      return { embedding: rowOf(embeddings.data), routing: { rows, cols, layers } };
    },
    async embedText(text) {
      const { ids, lengths, tokens, notes } = readText(tokenizer!, text, model.contextLength);
      const { tapTexts } = await encoder.get();
      const { embeddings, taps } = await tapTexts(ids, lengths);
      const layers = readLayers(taps, Object.keys(taps), tokens.length);
      return { embedding: rowOf(embeddings.data), routing: { tokens, layers, notes } };
    },
    dispose() {
      encoder.dispose();
      classes?.dispose();
    },
  };
}

function limoeOf({ spec, tokenizer }: LiveSource, settings: LimoeSettings): GriddedModel {
  const { vocabularySize } = tokenizer!;
  return createLimoe(settings, { vocabularySize, imageShape: spec.imageShape! });
}

function matchingConfig({ spec, tokenizer }: LiveSource, settings: DiffMoeSettings) {
  const { vocabularySize } = tokenizer!;
  return diffMoeMatchingConfig(settings, { numClasses: spec.classNames.length, vocabularySize });
}

/** Images and captions that have not seen each other. */
function diffMoeOf(source: LiveSource, settings: DiffMoeSettings): GriddedModel {
  const { spec } = source;
  const imageShape = spec.imageShape!;
  const config = matchingConfig(source, settings);
  return {
    embedDim: config.contrastive.embedDim ?? config.width,
    imageShape,
    contextLength: spec.contextLength!,
    grid: patchGrid(imageShape[1], imageShape[2], settings.patchSize),
    encodeImages: (scope, images) => encodeImageAlone(scope, images, config).embeddings,
    encodeTexts: (scope, ids, lengths) => encodeCaption(scope, { ids, lengths }, config),
    similarity: (scope) => matchingSimilarity(scope, config),
  };
}

function diffMoeLogits(source: LiveSource, settings: DiffMoeSettings) {
  const config = matchingConfig(source, settings);
  return (...[scope, images]: Parameters<EncoderModel["encodeImages"]>) =>
    encodeImageAlone(scope, images, config).logits!;
}

/** A copy, whose memory can be given away. */
function rowOf(data: ArrayLike<number | bigint>): Float32Array {
  return Float32Array.from(data as ArrayLike<number>);
}
