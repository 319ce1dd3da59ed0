/** Attention maps of a captioner: between patches, and from words to patches. */
import type { Batch } from "../../data/batches/batch.ts";
import type { Tokenizer } from "../../data/tokenizers/index.ts";
import { tokenTexts } from "../../evaluate/generate/prompt.ts";
import type { NdArray } from "../../graph/array.ts";
import type { Tensor } from "../../graph/graph.ts";
import { attentionLayer, attentionPlan } from "../../inspect/attention.ts";
import type { AttentionLayer, ImageAttention } from "../../inspect/types/attention.ts";
import type { Mosaic } from "../../inspect/types/mosaic.ts";
import type { SeeMoe } from "../../models/seemoe/config.ts";
import { oneByOne } from "../shared/attention-record.ts";
import type { ShownImage } from "../shared/shown-image.ts";
import type { FullEvaluationOptions } from "../task.ts";

export interface CaptionAttentionOptions {
  readonly model: Pick<SeeMoe, "grid" | "pool" | "hasClassToken">;
  readonly tokenizer: Tokenizer;
  /** The taps of the model. */
  readonly taps: ReadonlyMap<string, Tensor>;
}

const ENDING = ".weights";
const IN_VISION = /^vision\.blocks\.\d+\.attn\.weights$/;
const IN_DECODER = /^decoder\.blocks\.\d+\.attn\.weights$/;

/**
 * Adds attention maps to the images: of the vision transformer, and of the caption's words to the
 * patches if the decoder reads patches. `attentionPlan` limits the number of images.
 */
export async function withCaptionAttention(
  shown: readonly ShownImage[],
  { model, tokenizer, taps }: CaptionAttentionOptions,
  { loader, createEvaluator }: Pick<FullEvaluationOptions, "loader" | "createEvaluator">,
): Promise<Mosaic[]> {
  const { grid, pool, hasClassToken } = model;
  const numPatches = grid.rows * grid.columns;
  const inVision = [...taps.keys()].filter((name) => IN_VISION.test(name));
  const inDecoder = pool === "cls" ? [] : [...taps.keys()].filter((name) => IN_DECODER.test(name));
  const names = [...inVision, ...inDecoder];
  const patches = Array.from({ length: numPatches }, (_, i) => i);
  const seen = hasClassToken ? patches.map((i) => i + 1) : patches;
  const { images, mergeHeads } = attentionPlan(
    names.map((name) => {
      const [, , numHeads, numTokens] = taps.get(name)!.shape as number[];
      const numQueries = inVision.includes(name) ? numPatches : numTokens! - numPatches;
      return { numHeads: numHeads!, numQueries, numKeys: numPatches };
    }),
    shown.length,
  );
  if (images === 0 || numPatches < 2) return shown.map(({ mosaic }) => mosaic);
  const read = (
    outputs: Readonly<Record<string, NdArray>>,
    keys: readonly number[],
    queries: readonly number[],
  ) => {
    const options = { sample: 0, mergeHeads, keys, queries };
    return (name: string): AttentionLayer =>
      attentionLayer({
        ...options,
        layer: name.slice(0, -ENDING.length),
        weights: outputs[name]!,
      });
  };
  const found = new Map<number, ImageAttention>();
  const evaluator = await createEvaluator((name) => names.includes(name), { batchSize: 1 });
  try {
    const wanted = shown.slice(0, images).map(({ index }) => index);
    await evaluator.run(oneByOne(loader, wanted), (outputs, batch) => {
      const words = readWords(batch, tokenizer);
      const rows = words.map((_, i) => numPatches + i);
      found.set(batch.indices[0]!, {
        rows: grid.rows,
        cols: grid.columns,
        layers: inVision.map(read(outputs, seen, seen)),
        ...(hasClassToken && { classToken: inVision.map(read(outputs, seen, [0])) }),
        ...(inDecoder.length > 0 && {
          fromWords: { words, layers: inDecoder.map(read(outputs, patches, rows)) },
        }),
      });
    });
  } finally {
    evaluator.dispose();
  }
  return shown.map(({ index, mosaic }) => {
    const attention = found.get(index);
    return attention === undefined ? mosaic : { ...mosaic, attention };
  });
}

/** The words of the caption that the decoder reads, all but the last; the batch has one sample. */
function readWords({ arrays }: Batch, tokenizer: Tokenizer): string[] {
  const count = Number(arrays.lengths!.data[0]) - 1;
  return tokenTexts(tokenizer, Array.from(arrays.tokens!.data.slice(0, count), Number));
}
