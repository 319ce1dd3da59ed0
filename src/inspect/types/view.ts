/**
 * What the inspector's page reads: plain JSON, the same over HTTP and from the files of an export.
 *
 * Addresses are relative to the page:
 *
 * | address                        | content                                                       |
 * | ------------------------------ | ------------------------------------------------------------- |
 * | `data/runs.json`               | `RunList`                                                     |
 * | `data/runs/<id>/run.json`      | `RunView`                                                     |
 * | `data/runs/<id>/metrics.json`  | `MetricTable`                                                 |
 * | `data/runs/<id>/record.json`   | the encoded `RunRecord` without metrics (`record-codec.ts`)   |
 * | `data/runs/<id>/model/...`     | `model.json`, `weights.safetensors` and, where the tokenizer  |
 * |                                | is CLIP's, `vocabulary.txt`: for the playground               |
 * | `data/runs/<id>/events`        | server-sent events, where `RunList.live`                      |
 */
import type { MetricEvent, StoredSummary } from "./run-record.ts";

/** What a run is doing, as far as its directory tells. */
export type RunState = "training" | "finished" | "stopped";

/** One line of the page that lists runs. */
export interface RunEntry {
  /** Letters, digits, `-`, `_` and `.`; its place below `data/runs/`. */
  readonly id: string;
  /** The name of its directory. */
  readonly name: string;
  readonly recipe: string;
  /** `model.system` of its configuration. */
  readonly system: string;
  /** Pages that its system can fill; null for an unknown system. */
  readonly pages: readonly string[] | null;
  readonly seed: number | null;
  readonly state: RunState;
  readonly step: number;
  /** Milliseconds since 1970 of the last change of its metrics. */
  readonly changed: number;
  readonly seconds: number;
  readonly parameters: { readonly total: number; readonly active: number } | null;
  /** The last value of each validation and test metric, such as `validation/accuracy`. */
  readonly scores: Readonly<Record<string, number>>;
  /** Why the run could not be read in full, in one sentence each. */
  readonly problems: readonly string[];
}

export interface RunList {
  /** Whether a server follows the runs; else the files are an export. */
  readonly live: boolean;
  readonly runs: readonly RunEntry[];
}

/** One checkpoint on the disk. */
export interface CheckpointEntry {
  readonly step: number;
  readonly score: number | null;
  readonly best: boolean;
}

/** One run but for its metrics and pictures. */
export interface RunView extends RunEntry {
  /** The resolved configuration, as in `config.yaml`. */
  readonly config: unknown;
  readonly summary: StoredSummary;
  readonly checkpoints: readonly CheckpointEntry[];
  /** Whether `record.json` and `model/` are there. */
  readonly hasRecord: boolean;
  readonly hasModel: boolean;
}

/** One curve, thinned to what a screen can show; its first, last and extreme values are kept. */
export interface MetricSeries {
  readonly split: string;
  readonly name: string;
  /** Ascending. */
  readonly steps: readonly number[];
  /** Finite, one for each step. */
  readonly values: readonly number[];
  /** Values before thinning, and how many of them were NaN or infinite. */
  readonly count: number;
  readonly nonFinite: number;
}

export interface MetricTable {
  readonly series: readonly MetricSeries[];
  /** Lines of `metrics.jsonl` that could not be read. */
  readonly badLines: number;
  /** The last event's place, from which `events` goes on (`Last-Event-ID`). */
  readonly cursor: string;
}

/**
 * Messages of `data/runs/<id>/events?after=<cursor>`; the id of each message is the new cursor.
 *
 * - `metrics`: new events, whose `value` is null in JSON where it is NaN or infinite;
 * - `reset`: the run began anew or was cut back, so read `metrics.json` again; messages go on with
 *   what comes after this one, some of which the table may hold already;
 * - `state`: the entry of the run changed.
 */
export interface LiveMessages {
  readonly metrics: readonly MetricEvent[];
  readonly reset: null;
  readonly state: RunEntry;
}
