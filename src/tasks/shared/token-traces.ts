/** Which experts the tokens of some texts went to, for the report. */
import type { Batch } from "../../data/batches/batch.ts";
import type { Tokenizer } from "../../data/tokenizers/index.ts";
import { tokenTexts } from "../../evaluate/generate/prompt.ts";
import type { NdArray } from "../../graph/array.ts";
import { expertGallery, type GalleryCollector } from "../../inspect/expert-gallery.ts";
import {
  joinLayers,
  routedLayer,
  type TokenRange,
  withoutEmptyChoices,
} from "../../inspect/routed-layer.ts";
import type { RoutedLayer } from "../../inspect/types/routed-layer.ts";
import type { TokenTrace } from "../../inspect/types/text.ts";
import { readRouting, tokenParts } from "../../moe/routing-taps.ts";

const PASSAGES = 3;
const PASSAGE_TOKENS = 128;
const SENTENCES = 12;
const SENTENCE_TOKENS = 96;

/** Gathers what is typical of experts that read words alone. */
export function wordGallery(tokenizer: Tokenizer): GalleryCollector {
  return expertGallery({
    grid: { rows: 0, columns: 0 },
    tokenText: (id) => tokenTexts(tokenizer, [id])[0]!,
  });
}

/** For the galleries of words. */
export function noImages(index: number): never {
  throw new RangeError(`sample ${index} is a text`);
}

type Outputs = Readonly<Record<string, NdArray>>;

/** What a recorder reads: the layers that route, and the tokenizer of the run. */
export interface TraceSource {
  readonly layerNames: readonly string[];
  readonly tokenizer: Tokenizer;
}

/**
 * Records passages from the beginning and from the later thirds of a text that is read in `numWindows`
 * windows; windows that follow each other are put together.
 */
export function passageRecorder(source: TraceSource, numWindows: number, contextLength: number) {
  const count = Math.min(PASSAGES, numWindows);
  const most = Math.ceil(PASSAGE_TOKENS / contextLength);
  const windows = Math.min(most, Math.floor(numWindows / Math.max(1, count)));
  const starts = Array.from({ length: count }, (_, i) => Math.floor((i * numWindows) / count));
  const traces = starts.map((): TokenTrace => ({ tokens: [], layers: [] }));
  return {
    /** Adds the windows of a batch that are wanted. */
    add(outputs: Outputs, { indices, arrays }: Batch): void {
      for (const [row, index] of indices.entries()) {
        const i = starts.findLastIndex((start) => start <= index);
        if (index >= starts[i]! + windows) continue;
        const trace = traces[i]!;
        const length = Math.min(contextLength, PASSAGE_TOKENS - trace.tokens.length);
        const ids = tokensOf(arrays.tokens!, row, length);
        const layers = routedTokens(source.layerNames, outputs, {
          start: row * contextLength,
          count: length,
        });
        traces[i] = {
          tokens: [...trace.tokens, ...tokenTexts(source.tokenizer, ids)],
          layers: joinLayers(trace.layers, layers),
        };
      }
    },
    traces: (): TokenTrace[] => traces.filter(({ layers }) => layers.length > 0),
  };
}

/** Records the first sentences of each class, as evenly as they come. */
export function sentenceRecorder(source: TraceSource, numClasses: number) {
  const traces: TokenTrace[] = [];
  return {
    /** Adds the sentence in row `row` of a batch where it is wanted. */
    add(
      outputs: Outputs,
      { arrays }: Batch,
      { row, label, predicted }: { row: number; label: number; predicted: number },
    ): void {
      const same = traces.filter((trace) => trace.label === label).length;
      if (traces.length >= SENTENCES || same > traces.length / numClasses) return;
      const contextLength = arrays.tokens!.shape[1]!;
      const length = Math.min(Number(arrays.lengths!.data[row]), SENTENCE_TOKENS);
      const ids = tokensOf(arrays.tokens!, row, length);
      const layers = routedTokens(source.layerNames, outputs, {
        start: row * contextLength,
        count: length,
      });
      if (layers.length === 0) return;
      traces.push({ tokens: tokenTexts(source.tokenizer, ids), layers, label, predicted });
    },
    traces: (): readonly TokenTrace[] => traces,
  };
}

function tokensOf({ shape, data }: NdArray, row: number, length: number): number[] {
  const start = row * shape[1]!;
  return Array.from(data.slice(start, start + length), Number);
}

/** What the routers of some layers decided for some tokens of a batch. */
export function routedTokens(
  layerNames: readonly string[],
  outputs: Outputs,
  range: TokenRange,
): RoutedLayer[] {
  return layerNames.map((layer) =>
    withoutEmptyChoices(routedLayer(layer, readRouting(outputs, layer, ...tokenParts), range)),
  );
}
