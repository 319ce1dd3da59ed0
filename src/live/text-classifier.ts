/** Classifies single texts. */
import { compileForward } from "../evaluate/forward.ts";
import type { Tensor } from "../graph/graph.ts";
import { input } from "../graph/inputs.ts";
import { batch } from "../graph/shape.ts";
import {
  createTextClassifier,
  type TextClassifierSettings,
} from "../models/text-classifier/config.ts";
import type { Scope } from "../nn/scope.ts";
import { lazily } from "./lazily.ts";
import { isTokenTap, readSampleLayers } from "./routing.ts";
import { classProbabilities, type LiveAbilities, type LiveSource, stackRows } from "./source.ts";
import { readText } from "./text-input.ts";
import type { BatchedText, ClassifiedText } from "./types.ts";

/** Classifies texts up to the length of the run's samples. */
export function textClassifier({
  spec,
  settings,
  compile,
  tokenizer,
}: LiveSource<TextClassifierSettings>): LiveAbilities {
  const { vocabularySize } = tokenizer!;
  const numClasses = spec.classNames.length;
  const contextLength = spec.contextLength!;
  const model = createTextClassifier(settings, { vocabularySize, numClasses });
  const trace = (scope: Scope): Record<string, Tensor> => {
    const shape = [batch(), contextLength];
    const ids = input(scope.graph, "tokens", { dtype: "int64", shape });
    const lengths = input(scope.graph, "lengths", { dtype: "int64", shape: [batch()] });
    return { logits: model.logits(scope, ids, lengths) };
  };
  const forward = lazily(() => compileForward(trace, { ...compile, taps: isTokenTap }));
  const classify = async (
    texts: readonly string[],
    { routing = false } = {},
  ): Promise<BatchedText[]> => {
    if (texts.length === 0) return [];
    const read = texts.map((text) => readText(tokenizer!, text, contextLength));
    const inputs = {
      tokens: stackRows(read.map(({ ids }) => ids)),
      lengths: stackRows(read.map(({ lengths }) => lengths)),
    };
    const { run, taps } = await forward.get();
    const outputs = await run(inputs, routing ? undefined : ["logits"]);
    return classProbabilities(outputs.logits!).map((probabilities, n) => {
      const { tokens, notes } = read[n]!;
      const count = { samples: texts.length, tokens: tokens.length, at: n };
      if (!routing) return { probabilities, notes };
      const layers = readSampleLayers(outputs, taps, count);
      return { probabilities, notes, routing: { tokens, layers, notes } };
    });
  };
  return {
    classifyTexts: classify,
    async classifyText(text) {
      const [only] = await classify([text], { routing: true });
      const { probabilities, routing } = only as ClassifiedText;
      return { probabilities, routing };
    },
    dispose: () => forward.dispose(),
  };
}
