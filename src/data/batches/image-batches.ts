import { allocate, type NdArray } from "../../graph/array.ts";
import { foldIn, integers, type Key, key } from "../../random/index.ts";
import type { ImageDataset, ObjectAttributes } from "../dataset.ts";
import { readSample } from "../read-sample.ts";
import { pipeline } from "../transforms/index.ts";
import type { BatchMaker, BatchOptions, Field } from "./batch.ts";
import { countCharacters, requireContextLength, tokenRows } from "./token-rows.ts";

/**
 * Batches of images with labels. With the option `domains` they contain the index of each sample's domain
 * in the set's list of domains; with a tokenizer they contain one caption of each sample: its `tokens`,
 * their `lengths`, and the number of `characters`.
 *
 * Sample `i` of epoch `e` is augmented with (seed, "augment", e, i), or with its view in place of `e`. If a sample has several captions,
 * training draws one with (seed, "caption", e, i) and evaluation uses the first.
 */
export function imageBatches(dataset: ImageDataset, options: BatchOptions): BatchMaker {
  const { transforms = [], tokenizer, seed, training } = options;
  const domainsOf = options.domains ? dataset.domains : undefined;
  const bound = pipeline(transforms, dataset.imageShape);
  const { height, width, channels } = bound.outputShape;
  const elements = channels * height * width;
  const length = tokenizer === undefined ? 0 : requireContextLength(options);
  const fields: Record<string, Field> = {
    images: { dtype: "float32", shape: [channels, height, width] },
    labels: { dtype: "int64", shape: [] },
    ...(domainsOf && { domains: { dtype: "int64", shape: [] } }),
    ...(tokenizer !== undefined && {
      tokens: { dtype: "int64", shape: [length] },
      lengths: { dtype: "int64", shape: [] },
      characters: { dtype: "int64", shape: [] },
    }),
  };
  return {
    length: dataset.length,
    fields,
    varying: [
      ...(bound.isRandom ? ["images"] : []),
      ...(training && tokenizer !== undefined ? ["tokens", "lengths", "characters"] : []),
    ],
    make({ step, epoch, indices, draw = epoch, view, without = [] }) {
      const images = without.includes("images")
        ? undefined
        : allocate("float32", [indices.length, channels, height, width]);
      const labels = allocate("int64", [indices.length]);
      const augmentKey = foldIn(foldIn(key(seed), "augment"), view ?? draw);
      const captionKey = foldIn(foldIn(key(seed), "caption"), draw);
      const captions: (readonly string[])[] = [];
      const attributes: (readonly ObjectAttributes[])[] = [];
      const domains: string[] = [];
      indices.forEach((index, row) => {
        const sample = readSample(dataset, index);
        const out = images?.data.subarray(row * elements, (row + 1) * elements);
        if (out !== undefined) bound.apply(sample, foldIn(augmentKey, index), out);
        labels.data[row] = BigInt(sample.label);
        if (sample.captions !== undefined) captions.push(sample.captions);
        if (sample.attributes !== undefined) attributes.push(sample.attributes);
        if (sample.domain !== undefined) domains.push(sample.domain);
      });
      const arrays: Record<string, NdArray> = { ...(images && { images }), labels };
      if (domainsOf !== undefined) {
        const ids = allocate("int64", [indices.length]);
        indices.forEach((index, row) => {
          ids.data[row] = BigInt(domainsOf.of(index));
        });
        arrays.domains = ids;
      }
      if (tokenizer !== undefined) {
        const texts = captions.map((all, row) =>
          chooseCaption(all, training ? foldIn(captionKey, indices[row]!) : undefined),
        );
        const placeOf = (row: number): string =>
          `${dataset.name} ${dataset.split}, caption of sample ${indices[row]}`;
        const rows = tokenRows(tokenizer, texts, length, placeOf);
        Object.assign(arrays, rows, { characters: countCharacters(tokenizer, rows) });
      }
      return {
        step,
        epoch,
        indices,
        arrays,
        ...(view !== undefined && { view }),
        ...(captions.length > 0 && { captions }),
        ...(attributes.length > 0 && { attributes }),
        ...(domains.length > 0 && { domains }),
      };
    },
  };
}

function chooseCaption(captions: readonly string[], at: Key | undefined): string {
  const chosen = at === undefined ? 0 : integers(at, 1, 0, captions.length)[0]!;
  return captions[chosen] ?? "";
}
