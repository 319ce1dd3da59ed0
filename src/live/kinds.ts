import type { LiveKind } from "../models/define.ts";
import { type ModelSettings, systemOf } from "../models/systems.ts";

/** The kind of live model of these settings; undefined if the system answers no single inputs. */
export function liveKind(settings: ModelSettings): LiveKind | undefined {
  return systemOf(settings).answers(settings);
}

/** The settings for one sample at a time, see `SystemDefinition.alone`. */
export function forOneSample<Settings extends ModelSettings>(settings: Settings): Settings {
  return (systemOf(settings).alone?.(settings) ?? settings) as Settings;
}
