import type { Tokenizer } from "../../data/tokenizers/index.ts";
import { tokenTexts } from "../../evaluate/generate/prompt.ts";
import type { TokenTrace } from "../../inspect/types/text.ts";
import { isRoutingTap } from "../../moe/routing-taps.ts";
import type { Collector } from "../shared/collect.ts";
import { routedTokens, tokensOf } from "../shared/token-traces.ts";
import { predictionCollector } from "./collectors.ts";

const SENTENCES = 12;
const SENTENCE_TOKENS = 96;

/** Collects the experts of the words of some sentences, evenly by class. */
export function sentenceCollector(
  tokenizer: Tokenizer,
  numClasses: number,
): Collector<readonly TokenTrace[]> {
  const traces: TokenTrace[] = [];
  const { wants, ...collector } = predictionCollector(
    ({ row, label, predicted }, outputs, { arrays }, layerNames) => {
      const same = traces.filter((trace) => trace.label === label).length;
      if (traces.length >= SENTENCES || same > traces.length / numClasses) return;
      const contextLength = arrays.tokens!.shape[1]!;
      const length = Math.min(Number(arrays.lengths!.data[row]), SENTENCE_TOKENS);
      const ids = tokensOf(arrays.tokens!, row, length);
      const layers = routedTokens(layerNames, outputs, {
        start: row * contextLength,
        count: length,
      });
      if (layers.length === 0) return;
      traces.push({ tokens: tokenTexts(tokenizer, ids), layers, label, predicted });
    },
    (): readonly TokenTrace[] => traces,
  );
  return { ...collector, wants: (name) => wants(name) || isRoutingTap(name) };
}
