/** Embeds single images and texts in a common space. */
import { createEncoder, type EncoderModel, similarityOf } from "../evaluate/encoder.ts";
import type { RecordedImage } from "../inspect/types/image.ts";
import { type ImageModel, imageClassifier } from "./image-classifier.ts";
import { imageReader } from "./image-input.ts";
import { lazily } from "./lazily.ts";
import { isTokenTap, readSampleLayers } from "./routing.ts";
import { type LiveAbilities, type LiveSource, stackRows } from "./source.ts";
import { readText } from "./text-input.ts";
import type { EmbeddedImage } from "./types.ts";

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
  const embed = async (images: readonly RecordedImage[]): Promise<EmbeddedImage[]> => {
    if (images.length === 0) return [];
    const { tapImages } = await encoder.get();
    const { embeddings, taps } = await tapImages(stackRows(images.map(read)));
    const { data, shape } = embeddings;
    const width = shape[1]!;
    const count = { samples: images.length, tokens: rows * cols };
    return images.map((_, n) => {
      const layers = readSampleLayers(taps, Object.keys(taps), { ...count, at: n });
      const embedding = rowOf(Array.prototype.slice.call(data, n * width, (n + 1) * width));
      return { embedding, routing: { rows, cols, layers } };
    });
  };
  return {
    similarity,
    ...(classes && {
      classifyImage: classes.classifyImage,
      classifyImages: classes.classifyImages,
    }),
    embedImages: embed,
    async embedImage(image) {
      return (await embed([image]))[0]!;
    },
    async embedText(text) {
      const { ids, lengths, tokens, notes } = readText(tokenizer!, text, model.contextLength);
      const { tapTexts } = await encoder.get();
      const { embeddings, taps } = await tapTexts(ids, lengths);
      const only = { samples: 1, tokens: tokens.length, at: 0 };
      const layers = readSampleLayers(taps, Object.keys(taps), only);
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
