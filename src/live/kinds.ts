import type { LiveKind } from "../models/define.ts";
import { type ModelSettings, systemOf, systems } from "../models/systems.ts";

/** The kind of live model for these settings; undefined if the system has none. */
export function liveKind(settings: ModelSettings): LiveKind | undefined {
  return systemOf(settings).answers?.(settings);
}

/** The model's settings for one sample at a time: see `alone` of the system's definition. */
export function forOneSample<Settings extends ModelSettings>(settings: Settings): Settings {
  return (systemOf(settings).alone?.(settings) ?? settings) as Settings;
}

/** Whether a system has live models; false for an unknown system. */
export function hasLiveModels(system: string): boolean {
  return systems.find(system)?.answers !== undefined;
}

/** Whether a live model needs facts about its run's data; token streams need only a tokenizer. */
export function needsDataFacts(settings: { readonly system: string }): boolean {
  return systemOf(settings).reads !== "stream";
}
