/**
 * Data of the inspector's page: plain JSON, identical over HTTP and in the files of an export.
 *
 * Addresses are relative to the page:
 *
 * | address                        | content                                                       |
 * | ------------------------------ | ------------------------------------------------------------- |
 * | `data/runs.json`               | `RunList`                                                     |
 * | `data/runs/<id>/run.json`      | `RunView`                                                     |
 * | `data/runs/<id>/metrics.json`  | `MetricTable`                                                 |
 * | `data/runs/<id>/record.json`   | the encoded `RunRecord` without metrics (`record-codec.ts`)   |
 * | `data/runs/<id>/model/...`     | `model.json`, `weights.safetensors` and, with CLIP tokens,    |
 * |                                | `vocabulary.txt`: files of the playground                     |
 * | `data/runs/<id>/events`        | server-sent events, if `RunList.live`                         |
 */
import type { MetricEvent, StoredSummary } from "./run-record.ts";

/** State of a run, as derived from its directory. */
export type RunState = "training" | "finished" | "stopped";

/** One row of the list of runs. */
export interface RunEntry {
  /** Letters, digits, `-`, `_` and `.`; the path segment below `data/runs/`. */
  readonly id: string;
  /** The name of its directory. */
  readonly name: string;
  readonly recipe: string;
  /** `model.system` of its configuration. */
  readonly system: string;
  /** Pages that its system supports; null for an unknown system. */
  readonly pages: readonly string[] | null;
  readonly seed: number | null;
  readonly state: RunState;
  readonly step: number;
  /** Time of the last change of its metrics, milliseconds since 1970. */
  readonly changed: number;
  readonly seconds: number;
  readonly parameters: { readonly total: number; readonly active: number } | null;
  /** Whether its metric `accuracy` is that of next tokens. */
  readonly predictsTokens: boolean;
  /**
   * The last value of each validation and test metric, such as `validation/accuracy`; that of next tokens
   * is `validation/next_token_accuracy`.
   */
  readonly scores: Readonly<Record<string, number>>;
  /** Errors of its files, one sentence each. */
  readonly problems: readonly string[];
}

export interface RunList {
  /** Whether a server follows the runs; false for an export. */
  readonly live: boolean;
  readonly runs: readonly RunEntry[];
  /** Checkpoints from the hub that a server reads texts with. */
  readonly models: readonly ModelEntry[];
}

/** A checkpoint from the hub. */
export interface ModelEntry {
  readonly id: string;
  /** Name of its folder. */
  readonly name: string;
  /** Title of its family and its publication. */
  readonly family: string;
  readonly paper: string;
  /** How a token's experts are chosen, in one sentence; absent for dense models. */
  readonly routing?: string;
  readonly parameters: { readonly total: number; readonly active: number };
  readonly layers: { readonly all: number; readonly withExperts: number };
  readonly experts?: {
    readonly routed: number;
    readonly selected: number;
    readonly shared: number;
  };
  readonly width: number;
  readonly heads: { readonly queries: number; readonly keysAndValues: number };
  readonly vocabulary: number;
  /** Tokens of its context. */
  readonly context: number;
  /** Bytes of its files, and the number of tensors of each element type. */
  readonly stored: { readonly bytes: number; readonly types: Readonly<Record<string, number>> };
  /** Bytes of its weights in memory. */
  readonly memory: number;
  /** Tokens of a text that are read. */
  readonly maxTokens: number;
}

/** One line of the answer to `POST data/models/<id>/routing`; the last has the routing or an error. */
export type ModelMessage =
  | {
      readonly progress: {
        readonly label: string;
        readonly done?: number;
        readonly total?: number;
      };
    }
  | { readonly error: string }
  /** Notes on the text, and a record, as in `record.json`, with one text and its routing. */
  | { readonly notes: readonly string[]; readonly record: string };

/** One checkpoint on disk. */
export interface CheckpointEntry {
  readonly step: number;
  readonly score: number | null;
  readonly best: boolean;
}

/** One run without its metrics and images. */
export interface RunView extends RunEntry {
  /** The resolved configuration, as in `config.yaml`. */
  readonly config: unknown;
  readonly summary: StoredSummary;
  readonly checkpoints: readonly CheckpointEntry[];
  /** Whether `record.json` and `model/` exist. */
  readonly hasRecord: boolean;
  readonly hasModel: boolean;
}

/** One curve, thinned for display; its first, last and extreme values are kept. */
export interface MetricSeries {
  readonly split: string;
  readonly name: string;
  /** Ascending. */
  readonly steps: readonly number[];
  /** Finite, one for each step. */
  readonly values: readonly number[];
  /** Number of values before thinning, and number of NaN or infinite values. */
  readonly count: number;
  readonly nonFinite: number;
}

export interface MetricTable {
  readonly series: readonly MetricSeries[];
  /** Number of unreadable lines in `metrics.jsonl`. */
  readonly badLines: number;
  /** Cursor of the last event, from which `events` continues (`Last-Event-ID`). */
  readonly cursor: string;
}

/**
 * Messages of `data/runs/<id>/events?after=<cursor>`; the id of each message is the new cursor.
 *
 * - `metrics`: new events; `value` is null in JSON for NaN and infinities;
 * - `reset`: the run restarted or was truncated, so reload `metrics.json`; later messages may
 *   repeat events that the table already contains;
 * - `state`: the entry of the run changed.
 */
export interface LiveMessages {
  readonly metrics: readonly MetricEvent[];
  readonly reset: null;
  readonly state: RunEntry;
}
