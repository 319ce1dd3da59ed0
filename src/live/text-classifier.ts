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
import { isTokenTap, readLayers } from "./routing.ts";
import { classProbabilities, type LiveAbilities, type LiveSource } from "./source.ts";
import { readText } from "./text-input.ts";

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
  return {
    async classifyText(text) {
      const { ids, lengths, tokens, notes } = readText(tokenizer!, text, contextLength);
      const { run, taps } = await forward.get();
      const outputs = await run({ tokens: ids, lengths });
      return {
        probabilities: classProbabilities(outputs.logits!),
        routing: { tokens, layers: readLayers(outputs, taps, tokens.length), notes },
      };
    },
    dispose: () => forward.dispose(),
  };
}
