/** Continues single prompts. */
import { createDecoder } from "../evaluate/generate/decoder.ts";
import { promptTokens, tokenTexts } from "../evaluate/generate/prompt.ts";
import { createLanguageModel } from "../models/systems.ts";
import { writeText } from "./generation.ts";
import { lazily } from "./lazily.ts";
import { joinChoices } from "./routing.ts";
import type { LiveAbilities, LiveSource } from "./source.ts";
import { checkText, noteUnknown } from "./text-input.ts";

/** Default number of new tokens of `moesaic generate`. */
const NEW_TOKENS = 256;

/** Continues prompts as `moesaic generate` does. */
export function languageModel({
  settings,
  compile,
  tokenizer: given,
}: LiveSource<{ readonly system: string }>): LiveAbilities {
  const tokenizer = given!;
  const model = createLanguageModel(settings, { vocabularySize: tokenizer.vocabularySize });
  const decoder = lazily(() => createDecoder(model, { ...compile, routing: true }));
  return {
    async generate(request, { onText, signal } = {}) {
      const { prompt = "" } = request;
      checkText(prompt);
      const ids = promptTokens(tokenizer, prompt);
      const opened = await decoder.get();
      const written = await writeText(opened, tokenizer, ids, request, {
        maxNewTokens: NEW_TOKENS,
        temperature: 1,
        onText,
        signal,
      });
      const unseen = Math.max(0, ids.length - model.contextLength);
      const notes = noteUnknown(tokenizer, ids);
      if (unseen > 0) {
        notes.push(
          `the prompt has ${ids.length} tokens and the model sees ${model.contextLength}; the first ${unseen} have no influence`,
        );
      }
      const { tokens: choices } = written.routing;
      const tokens = tokenTexts(tokenizer, [...ids.slice(unseen), ...written.ids]);
      return {
        text: written.text,
        routing: { tokens, layers: joinChoices(opened.expertLayers, choices), notes },
      };
    },
    dispose: () => decoder.dispose(),
  };
}
