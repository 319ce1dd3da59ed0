/** Live models of Diff-MoE, one for each kind of text input. */
import { tokenizePrompts } from "../data/text/tokenize-prompts.ts";
import {
  createDiffMoe,
  type DiffMoeSettings,
  diffMoeMatchingConfig,
} from "../models/diff-moe/config.ts";
import {
  type DiffMoeMatchingConfig,
  diffMoeWithPrompts,
  encodeCaption,
  encodeImageAlone,
} from "../models/diff-moe/matching.ts";
import { similarity } from "../nn/logit-scale.ts";
import { patchGrid } from "../nn/patch-embed.ts";
import { contrastive } from "./contrastive.ts";
import { type ImageModel, imageClassifier } from "./image-classifier.ts";
import type { LiveAbilities, LiveSource } from "./source.ts";

type Source = LiveSource<DiffMoeSettings>;

/** Classifies images. With captions it also embeds images and texts, each without the other. */
export async function diffMoe(source: Source): Promise<LiveAbilities> {
  switch (source.settings.text) {
    case "none":
      return imageClassifier(source, classifierOf(source));
    case "prompts":
      return imageClassifier(source, withPrompts(source));
    case "captions":
      return withCaptions(source);
  }
}

function classifierOf({ settings, spec }: Source): ImageModel {
  const numClasses = spec.classNames.length;
  return createDiffMoe(settings, { numClasses, imageShape: spec.imageShape! });
}

function withPrompts(source: Source): ImageModel {
  const { settings, spec, tokenizer } = source;
  const prompts = tokenizePrompts(spec.classPrompts!, tokenizer!, settings.contextLength);
  const config = matchingConfig(source);
  return {
    grid: classifierOf(source).grid,
    logits: (scope, images) => diffMoeWithPrompts(scope, images, prompts, config).logits,
  };
}

function withCaptions(source: Source): Promise<LiveAbilities> {
  const { spec, settings } = source;
  const imageShape = spec.imageShape!;
  const config = matchingConfig(source);
  const model = {
    embedDim: config.contrastive.embedDim ?? config.width,
    imageShape,
    contextLength: spec.contextLength!,
    grid: patchGrid(imageShape[1], imageShape[2], settings.patchSize),
    encodeImages: (scope, images) => encodeImageAlone(scope, images, config).embeddings,
    encodeTexts: (scope, ids, lengths) => encodeCaption(scope, { ids, lengths }, config),
    similarity: (scope) => similarity(scope, config.contrastive),
  } satisfies Parameters<typeof contrastive>[1];
  if (spec.classNames.length === 0) return contrastive(source, model);
  return contrastive(source, {
    ...model,
    logits: (scope, images) => encodeImageAlone(scope, images, config).logits!,
  });
}

function matchingConfig({ spec, settings, tokenizer }: Source): DiffMoeMatchingConfig {
  const { vocabularySize } = tokenizer!;
  return diffMoeMatchingConfig(settings, { numClasses: spec.classNames.length, vocabularySize });
}
