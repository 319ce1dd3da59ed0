/** Captions of single images. */
import { createDecoder } from "../evaluate/generate/decoder.ts";
import { firstTokens, promptTokens, tokenTexts } from "../evaluate/generate/prompt.ts";
import { UserError } from "../graph/errors.ts";
import type { RoutedLayer } from "../inspect/types/routed-layer.ts";
import { createSeeMoe, type SeeMoeSettings } from "../models/seemoe/config.ts";
import { foldIn, key } from "../random/key.ts";
import { writeText } from "./generation.ts";
import { imageReader } from "./image-input.ts";
import { lazily } from "./lazily.ts";
import { joinChoices } from "./routing.ts";
import type { LiveAbilities, LiveSource } from "./source.ts";
import { checkText, noteUnknown } from "./text-input.ts";

/** Placeholder for the one visual token in front of the words. */
const IMAGE_TOKEN = "<image>";

/** Generates captions as `moesaic caption` does; a prompt is the start of the caption. */
export function captioner({
  spec,
  settings,
  compile,
  tokenizer: given,
}: LiveSource<SeeMoeSettings>): LiveAbilities {
  const tokenizer = given!;
  const { vocabularySize } = tokenizer;
  const model = createSeeMoe(settings, { vocabularySize, imageShape: spec.imageShape! });
  const read = imageReader(spec);
  const { rows, columns: cols } = model.grid;
  const isPooled = model.pool === "cls";
  const numVisual = model.prefix.numTokens;
  const decoder = lazily(() => createDecoder(model, { ...compile, routing: true }));
  return {
    async generate(request, { onText, signal } = {}) {
      const { image, prompt = "" } = request;
      if (image === undefined) throw new UserError("a caption needs an image; give one");
      checkText(prompt);
      const ids = prompt === "" ? firstTokens(tokenizer) : promptTokens(tokenizer, prompt);
      const prefix = read(image);
      const opened = await decoder.get();
      const written = await writeText(opened, tokenizer, ids, request, {
        maxNewTokens: model.contextLength + 1, // more than the context holds
        temperature: 0,
        prefix,
        keyOf: (seed) => foldIn(key(seed), 0), // the key of the first image of `moesaic caption`
        onText,
        signal,
      });
      const { tokens: choices, prefix: seen } = written.routing;
      const { expertLayers, prefixLayers } = opened;
      const words = [
        ...(isPooled ? [IMAGE_TOKEN] : []),
        ...tokenTexts(tokenizer, [...ids, ...written.ids]),
      ];
      const readWords = choices.slice(isPooled ? 0 : numVisual);
      const notes = prompt === "" ? [] : noteUnknown(tokenizer, ids);
      const routes = expertLayers.length > 0;
      if (routes && words.length > readWords.length) {
        notes.push("the caption fills the model's context; its last token was not read");
      }
      const patches: RoutedLayer[] = [
        ...joinChoices(prefixLayers, isPooled ? seen.slice(1) : seen), // The class token comes first.
        ...(isPooled ? [] : joinChoices(expertLayers, choices.slice(0, numVisual))),
      ];
      return {
        text: written.text,
        routing: {
          tokens: routes ? words.slice(0, readWords.length) : words,
          layers: joinChoices(expertLayers, readWords),
          notes,
        },
        ...(patches.length > 0 && { imageRouting: { rows, cols, layers: patches } }),
      };
    },
    dispose: () => decoder.dispose(),
  };
}
