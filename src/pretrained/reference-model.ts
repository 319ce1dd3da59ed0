/** The model that computes a checkpoint exactly, and its parameters. */
import { input } from "../graph/inputs.ts";
import { createLimoe } from "../models/limoe/config.ts";
import type { ModelSettings } from "../models/systems.ts";
import { createClassifier, createLanguageModel } from "../models/systems.ts";
import { createTextClassifier } from "../models/text-classifier/config.ts";
import { createScope, type Scope } from "../nn/scope.ts";
import type { Wanted } from "./convert.ts";
import type { InputSizes } from "./define-family.ts";

/** Declares the parameters of a system by tracing it on one sample; heads have one class. */
type Tracer = (scope: Scope, settings: never, sizes: InputSizes) => void;

const tokens = (scope: Scope, name: string, shape: readonly number[]) =>
  input(scope.graph, name, { dtype: "int64", shape });

const tracers: Readonly<Record<string, Tracer>> = {
  decoder: (scope, settings: ModelSettings<"decoder">, { vocabularySize = 1 }) =>
    createLanguageModel(settings, { vocabularySize }).logits(scope, tokens(scope, "ids", [1, 1])),
  "text-classifier": (scope, settings: ModelSettings<"text-classifier">, { vocabularySize = 1 }) =>
    createTextClassifier(settings, { vocabularySize, numClasses: 1 }).logits(
      scope,
      tokens(scope, "ids", [1, 1]),
      tokens(scope, "lengths", [1]),
    ),
  "sf-moe": (scope, settings: ModelSettings<"sf-moe">, { imageShape = [3, 224, 224] }) => {
    const images = input(scope.graph, "images", { dtype: "float32", shape: [1, ...imageShape] });
    createClassifier(settings, { numClasses: 1, imageShape }).logits(scope, images);
  },
  limoe: (
    scope,
    settings: ModelSettings<"limoe">,
    { vocabularySize = 1, imageShape = [3, 224, 224] },
  ) => {
    const images = input(scope.graph, "images", { dtype: "float32", shape: [1, ...imageShape] });
    const model = createLimoe(settings, { vocabularySize, imageShape });
    model.pairs(scope, images, tokens(scope, "ids", [1, 1]), tokens(scope, "lengths", [1]));
    model.similarity(scope);
  },
};

/** The head of a classifier, which no encoder has. */
const HEAD = /^head(_dist)?\./;

/** Names and shapes of the parameters of a reference model, without the head of a classifier. */
export function referenceParameters(
  settings: { readonly system: string },
  sizes: InputSizes,
): Wanted[] {
  const { scope, trace } = createScope({ training: false });
  tracers[settings.system]!(scope, settings as never, sizes);
  const specs = [...trace.parameters.values(), ...trace.states.values()];
  const isHead = (name: string): boolean => settings.system !== "decoder" && HEAD.test(name);
  return specs.filter(({ name }) => !isHead(name)).map(({ name, shape }) => ({ name, shape }));
}
