/** The routing of single texts, as reports and the inspector show it. */
import { promptTokens, tokenTexts } from "../../evaluate/generate/prompt.ts";
import { routedLayer } from "../../inspect/routed-layer.ts";
import { routingStatistics } from "../../inspect/statistics/routing-statistics.ts";
import type { RoutedLayer } from "../../inspect/types/routed-layer.ts";
import type { LayerRouting } from "../../inspect/types/routing.ts";
import { layersOf, readRouting, tokenParts } from "../../moe/routing-taps.ts";
import type { TextModel } from "../open-language-model.ts";
import { compileReader, type TextReader } from "./text-reader.ts";

/** One text with the decisions of every layer for its tokens. */
export interface RoutedPassage {
  /** Display text of each token. */
  readonly tokens: readonly string[]; // [S]
  readonly layers: readonly RoutedLayer[];
  /** Load and scores of each layer over the tokens. */
  readonly routing: readonly LayerRouting[];
  /** Number of tokens of the whole text, of which the first are read. */
  readonly numTokens: number;
}

/** Reads texts of any length up to a limit; the caller must dispose of it. */
export interface TextRouter {
  /** @throws UserError (exit code 2) if the text has no tokens */
  route(text: string): Promise<RoutedPassage>;
  dispose(): void;
}

/** Fewest tokens that a model is compiled for; longer texts take the next power of two. */
const LEAST = 16;
/** Compiled models that are kept. */
const KEPT = 3;

/**
 * Routes single texts. A model is compiled for the length of a text, rounded up to a power of two.
 *
 * @param maxTokens read of each text; at most the context of the model
 */
export function createTextRouter(text: TextModel, maxTokens: number): TextRouter {
  const { model, tokenizer } = text;
  const most = Math.min(maxTokens, model.contextLength);
  const readers: TextReader[] = []; // the last one was used last
  const readerFor = async (count: number): Promise<TextReader> => {
    const size = Math.min(most, Math.max(LEAST, 2 ** Math.ceil(Math.log2(count))));
    const at = readers.findIndex((reader) => reader.size === size);
    const reader = at < 0 ? await compileReader(text, size, tokenParts) : readers.splice(at, 1)[0]!;
    readers.push(reader);
    if (readers.length > KEPT) readers.shift()!.dispose();
    return reader;
  };
  return {
    async route(passage) {
      const ids = promptTokens(tokenizer, passage);
      const own = ids.slice(0, most);
      const values = await (await readerFor(own.length)).read(own);
      const layers = layersOf(Object.keys(values)).map((layer) =>
        routedLayer(layer, readRouting(values, layer, "combineWeights", "probabilities"), {
          ...{ start: 0, count: own.length },
        }),
      );
      const tokens = tokenTexts(tokenizer, own);
      return { tokens, layers, routing: statisticsOf(layers), numTokens: ids.length };
    },
    dispose() {
      for (const reader of readers.splice(0)) reader.dispose();
    },
  };
}

function statisticsOf(layers: readonly RoutedLayer[]): LayerRouting[] {
  const statistics = routingStatistics();
  for (const { layer, ids, probabilities, numExperts } of layers) {
    const numTokens = probabilities.length / numExperts;
    statistics.add(layer, {
      ids: { shape: [ids.length, numTokens], data: ids.flat() },
      probabilities: { shape: [numTokens, numExperts], data: probabilities },
    });
  }
  return statistics.layers();
}
