/** The captions of a split with the images of other samples. */
import type { Batch } from "../../data/batches/batch.ts";
import type { Loader } from "../../data/loader.ts";
import type { NdArray } from "../../graph/array.ts";
import type { BatchSource } from "../../learn/evaluator.ts";

/**
 * Distance between an image and its new caption; half the split if the split is shorter than twice
 * that.
 */
const SHIFT = 64;

/**
 * Replaces the image of each sample by the image `shift` samples earlier, cyclically, so that no sample
 * keeps its image.
 *
 * @param length samples of the split, at least 2
 */
export function shiftedImages(
  loader: Pick<Loader, "seek" | "next" | "batchesPerEpoch">,
  length: number,
): BatchSource {
  const shift = Math.min(SHIFT, Math.floor(length / 2));
  let step = 0;
  let held: Float32Array | undefined; // images of the `shift` samples before the next batch

  /** The last images of the split. */
  const lastImages = async (): Promise<Float32Array> => {
    const parts: Float32Array[] = [];
    let found = 0;
    for (let at = loader.batchesPerEpoch - 1; found < shift; at--) {
      loader.seek(at);
      const batch = await loader.next();
      if (batch === undefined) throw new Error(`the split has no batch ${at}`);
      parts.unshift(imagesOf(batch).data);
      found += batch.indices.length;
    }
    const images = join(parts);
    return images.subarray((images.length / found) * (found - shift));
  };

  return {
    seek(to) {
      if (to !== 0) throw new RangeError(`shifted images start at step 0, got ${to}`);
      step = 0;
    },
    async next() {
      if (step === 0) {
        held = await lastImages();
        loader.seek(0);
      }
      step += 1;
      const batch = await loader.next();
      if (batch === undefined) return undefined;
      const images = imagesOf(batch);
      const all = join([held!, images.data]);
      held = all.slice(images.data.length);
      const data = all.subarray(0, images.data.length);
      return { ...batch, arrays: { ...batch.arrays, images: { ...images, data } } };
    },
  };
}

function imagesOf({ arrays }: Batch): NdArray<"float32"> {
  return arrays.images as NdArray<"float32">;
}

function join(parts: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
