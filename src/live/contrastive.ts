/** Embeds single images and texts in a common space. */
import { createEncoder, type EncoderModel, similarityOf } from "../evaluate/encoder.ts";
import { type ImageModel, imageClassifier } from "./image-classifier.ts";
import { imageReader } from "./image-input.ts";
import { lazily } from "./lazily.ts";
import { isTokenTap, readLayers } from "./routing.ts";
import type { LiveAbilities, LiveSource } from "./source.ts";
import { readText } from "./text-input.ts";

/** An encoder with a grid of patches, and class logits if it also classifies images. */
interface LiveEncoder extends EncoderModel, Pick<ImageModel, "grid"> {
  readonly logits?: ImageModel["logits"];
}

/** Embeds images and texts; classifies images if the model has class logits. */
export async function contrastive(
  source: Omit<LiveSource, "settings">,
  model: LiveEncoder,
): Promise<LiveAbilities> {
  const { spec, compile, tokenizer } = source;
  const { grid, logits } = model;
  const similarity = await similarityOf(model, compile);
  const read = imageReader(spec);
  const encoder = lazily(() => createEncoder(model, { ...compile, taps: isTokenTap }));
  const { rows, columns: cols } = grid;
  const classes = logits && imageClassifier(source, { grid, logits });
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

/** A copy whose memory can be transferred. */
function rowOf(data: ArrayLike<number | bigint>): Float32Array {
  return Float32Array.from(data as ArrayLike<number>);
}
