import { countRoutedExperts } from "../models/diff-moe/mixture.ts";
import type { ModelSettings } from "../models/systems.ts";
import { withoutSharedLimit, withoutSharedRoom } from "../moe/dispatch/without-limit.ts";
import type { LiveKind } from "./types.ts";

/** What a model of these settings can be asked for; undefined where it reads neither images nor texts. */
export function liveKind(settings: ModelSettings): LiveKind | undefined {
  switch (settings.system) {
    case "diff-moe":
      return settings.text === "captions" ? "contrastive" : "image-classifier";
    case "vit-moe":
    case "sf-moe":
    case "sparsely-gated":
      return "image-classifier";
    case "limoe":
      return "contrastive";
    case "seemoe":
      return "captioner";
    case "moe-decoder":
      return "language-model";
    case "text-classifier":
      return "text-classifier";
    case "classic-mixture":
      return undefined;
  }
}

/**
 * The same model for one sample at a time.
 *
 * A limit on what experts accept that the samples of a batch share is lifted: a sample alone would fill
 * experts that a batch leaves free, and lose tokens that no evaluation drops. A limit that every sequence
 * has for itself stays, and so does the choice of experts among the tokens of a sequence, which are the
 * same in any batch. Decoders and contrastive models lift all limits on their own.
 */
export function forOneSample<Settings extends ModelSettings>(settings: Settings): Settings {
  switch (settings.system) {
    case "diff-moe": {
      const routed = countRoutedExperts(settings);
      return { ...settings, dispatch: withoutSharedRoom(settings.dispatch, routed) };
    }
    case "vit-moe":
    case "sf-moe":
    case "sparsely-gated":
    case "text-classifier":
      return { ...settings, moe: withoutSharedLimit(settings.moe) };
    default:
      return settings;
  }
}
