import type { LiveKind } from "../models/define.ts";
import { type ModelSettings, systemOf } from "../models/systems.ts";

/** What a model of these settings answers; undefined for a system without live models. */
export function liveKind(settings: ModelSettings): LiveKind | undefined {
  return systemOf(settings).answers?.(settings);
}

/** The same model for one sample at a time: see `alone` of the system's definition. */
export function forOneSample<Settings extends ModelSettings>(settings: Settings): Settings {
  return (systemOf(settings).alone?.(settings) ?? settings) as Settings;
}

/** Whether a live model needs facts about the data of its run; a tokenizer suffices for streams. */
export function needsDataFacts(settings: ModelSettings): boolean {
  return systemOf(settings).reads !== "stream";
}
