import type { LiveKind } from "../models/define.ts";
import { type ModelSettings, systemOf, systems } from "../models/systems.ts";

/** What a model of these settings answers; undefined for a system without live models. */
export function liveKind(settings: ModelSettings): LiveKind | undefined {
  return systemOf(settings).answers?.(settings);
}

/** The same model for one sample at a time: see `alone` of the system's definition. */
export function forOneSample<Settings extends ModelSettings>(settings: Settings): Settings {
  return (systemOf(settings).alone?.(settings) ?? settings) as Settings;
}

/** Whether trained models of a system answer single inputs; false for an unknown system. */
export function hasLiveModels(system: string): boolean {
  return systems.find(system)?.answers !== undefined;
}

/** Whether a live model needs facts about the data of its run; for streams a tokenizer suffices. */
export function needsDataFacts(settings: { readonly system: string }): boolean {
  return systemOf(settings).reads !== "stream";
}
