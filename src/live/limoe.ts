import { createLimoe, type LimoeSettings } from "../models/limoe/config.ts";
import { contrastive } from "./contrastive.ts";
import type { LiveAbilities, LiveSource } from "./source.ts";

/** Embeds images and texts in the common space of a LIMoE. */
export function limoe(source: LiveSource<LimoeSettings>): Promise<LiveAbilities> {
  const { spec, settings, tokenizer } = source;
  const { vocabularySize } = tokenizer!;
  return contrastive(
    source,
    createLimoe(settings, { vocabularySize, imageShape: spec.imageShape! }),
  );
}
