/** One input of a live model and its answers as JSON, for Node and for a page. */
import type { RoutedLayer } from "../../src/inspect/types/routed-layer.ts";
import type { GenerateRequest, LiveModel } from "../../src/live/types.ts";

/** An image or a text; bytes as plain numbers. */
export interface LiveInput {
  readonly image?: {
    readonly width: number;
    readonly height: number;
    readonly channels: number;
    readonly data: readonly number[];
  };
  readonly text?: string;
  readonly maxNewTokens?: number;
}

export interface LiveLayer extends Omit<RoutedLayer, "probabilities"> {
  readonly probabilities: readonly number[];
}

/** Numbers and layers of all answers by name. */
export interface LiveAnswers {
  readonly numbers: Readonly<Record<string, readonly number[]>>;
  readonly layers: Readonly<Record<string, readonly LiveLayer[]>>;
  readonly texts: Readonly<Record<string, readonly string[]>>;
}

/** All results of a model for an input, with greedy decoding. */
export async function asks(
  model: LiveModel,
  { image: given, text, maxNewTokens }: LiveInput,
  options: Parameters<NonNullable<LiveModel["generate"]>>[1] = {},
): Promise<LiveAnswers> {
  const numbers: Record<string, number[]> = {};
  const layers: Record<string, LiveLayer[]> = {};
  const texts: Record<string, string[]> = {};
  const keep = (name: string, routed: readonly RoutedLayer[]): void => {
    layers[name] = routed.map((layer) => ({
      ...layer,
      probabilities: Array.from(layer.probabilities),
    }));
  };
  const image = given && { ...given, data: Uint8Array.from(given.data) };
  if (image !== undefined && model.classifyImage) {
    const { probabilities, routing } = await model.classifyImage(image);
    numbers.classes = [...probabilities];
    keep("classes", routing.layers);
  }
  if (image !== undefined && model.embedImage) {
    const { embedding, routing } = await model.embedImage(image);
    numbers.image = Array.from(embedding);
    keep("image", routing.layers);
  }
  if (text !== undefined && model.embedText) {
    const { embedding, routing } = await model.embedText(text);
    numbers.text = Array.from(embedding);
    texts.text = [...routing.tokens, ...routing.notes];
    keep("text", routing.layers);
  }
  if (text !== undefined && model.classifyText) {
    const { probabilities, routing } = await model.classifyText(text);
    numbers.classes = [...probabilities];
    texts.text = [...routing.tokens, ...routing.notes];
    keep("classes", routing.layers);
  }
  if (model.generate) {
    const request: GenerateRequest = {
      temperature: 0,
      ...(image && { image }),
      ...(text !== undefined && { prompt: text }),
      ...(maxNewTokens !== undefined && { maxNewTokens }),
    };
    const written = await model.generate(request, options);
    texts.written = [written.text, ...written.routing.tokens, ...written.routing.notes];
    keep("written", written.routing.layers);
    if (written.imageRouting) keep("seen", written.imageRouting.layers);
  }
  if (model.similarity) numbers.similarity = [model.similarity.scale, model.similarity.bias];
  return { numbers, layers, texts };
}
