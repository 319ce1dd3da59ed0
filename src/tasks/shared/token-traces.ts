/** Routing of the tokens of some texts, for the report. */
import type { Tokenizer } from "../../data/tokenizers/index.ts";
import { tokenTexts } from "../../evaluate/generate/prompt.ts";
import type { NdArray } from "../../graph/array.ts";
import { expertGallery } from "../../inspect/expert-gallery.ts";
import {
  joinLayers,
  routedLayer,
  type TokenRange,
  withoutEmptyChoices,
} from "../../inspect/routed-layer.ts";
import type { LayerGallery } from "../../inspect/types/pair.ts";
import type { RoutedLayer } from "../../inspect/types/routed-layer.ts";
import type { TokenTrace } from "../../inspect/types/text.ts";
import { isRoutingTap, readRouting, tokenParts } from "../../moe/routing-taps.ts";
import type { Collector, Outputs } from "./collect.ts";
import { galleryCollector } from "./collectors.ts";

const PASSAGES = 3;
const PASSAGE_TOKENS = 128;

/** Collects typical words of each expert, for models that only read words. */
export function wordGalleryCollector(tokenizer: Tokenizer): Collector<LayerGallery[]> {
  const gallery = expertGallery({
    grid: { rows: 0, columns: 0 },
    tokenText: (id) => tokenTexts(tokenizer, [id])[0]!,
  });
  return galleryCollector(
    gallery,
    (_, { indices, arrays }) => ({ indices, patches: false, tokens: arrays.tokens! }),
    (index) => {
      throw new RangeError(`sample ${index} is a text`);
    },
  );
}

/**
 * Collects passages from the start and from the later thirds of a text of `numWindows` windows;
 * adjacent windows are joined.
 */
export function passageCollector(
  tokenizer: Tokenizer,
  numWindows: number,
  contextLength: number,
): Collector<TokenTrace[]> {
  const count = Math.min(PASSAGES, numWindows);
  const most = Math.ceil(PASSAGE_TOKENS / contextLength);
  const windows = Math.min(most, Math.floor(numWindows / Math.max(1, count)));
  const starts = Array.from({ length: count }, (_, i) => Math.floor((i * numWindows) / count));
  const traces = starts.map((): TokenTrace => ({ tokens: [], layers: [] }));
  return {
    wants: (name) => isRoutingTap(name),
    see(outputs, { indices, arrays }, layerNames) {
      for (const [row, index] of indices.entries()) {
        const i = starts.findLastIndex((start) => start <= index);
        if (index >= starts[i]! + windows) continue;
        const trace = traces[i]!;
        const length = Math.min(contextLength, PASSAGE_TOKENS - trace.tokens.length);
        const ids = tokensOf(arrays.tokens!, row, length);
        const layers = routedTokens(layerNames, outputs, {
          start: row * contextLength,
          count: length,
        });
        traces[i] = {
          tokens: [...trace.tokens, ...tokenTexts(tokenizer, ids)],
          layers: joinLayers(trace.layers, layers),
        };
      }
    },
    result: () => traces.filter(({ layers }) => layers.length > 0),
  };
}

/** The first `length` tokens of a row of `[B, L]`. */
export function tokensOf({ shape, data }: NdArray, row: number, length: number): number[] {
  const start = row * shape[1]!;
  return Array.from(data.slice(start, start + length), Number);
}

/** The routing of some tokens of a batch in some layers. */
export function routedTokens(
  layerNames: readonly string[],
  outputs: Outputs,
  range: TokenRange,
): RoutedLayer[] {
  return layerNames.map((layer) =>
    withoutEmptyChoices(routedLayer(layer, readRouting(outputs, layer, ...tokenParts), range)),
  );
}
