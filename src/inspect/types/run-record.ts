/** The stored files of a run as plain data without handles, safe in a browser. */
import type { DomainAnalysis } from "./domain.ts";
import type { CaptionSample, ConfusionSample, Prediction } from "./image.ts";
import type { Mosaic } from "./mosaic.ts";
import type { LayerGallery, RetrievalSamples } from "./pair.ts";
import type { DecisionRegions } from "./regions.ts";
import type { CheckpointAgreement, LayerRouting } from "./routing.ts";
import type { LanguageUnits, TextPrediction, TextSample, TokenTrace } from "./text.ts";

/** One line of `metrics.jsonl`. */
export interface MetricEvent {
  readonly step: number;
  readonly epoch: number;
  /** `train`, `validation` or `test`. */
  readonly split: string;
  /** Metric name, such as `loss`, `auxiliary/balance` or `experts/<layer>/load_<expert>`. */
  readonly name: string;
  /** NaN and infinities are null in the file and NaN when read back. */
  readonly value: number;
  /** Wall time since training started. */
  readonly seconds: number;
}

/** Content of `summary.json`; scripts rely on its shape. */
export interface Summary {
  readonly recipe: string;
  readonly seed: number;
  readonly steps: number;
  readonly train_seconds: number;
  readonly tokens_per_second: number;
  readonly parameters: { readonly total: number; readonly active: number };
  readonly validation: Readonly<Record<string, number>>;
  readonly test: Readonly<Record<string, number>>;
  readonly versions: Readonly<Record<string, string>>;
}

/** A summary read from disk; files of other versions may lack any key. */
export type StoredSummary = Partial<Summary>;

/** All data of one run for a report or the inspector; missing parts are absent. */
export interface RunRecord {
  readonly name: string;
  readonly recipe: string;
  /** The resolved configuration. */
  readonly config: unknown;
  readonly summary: StoredSummary;
  readonly metrics: readonly MetricEvent[];
  readonly classNames: readonly string[];
  /** Counts; rows are true classes, columns are predicted classes. */
  readonly confusion?: readonly (readonly number[])[]; // [C, C]
  /** Sample cases of the cells of `confusion`. */
  readonly confusionSamples?: readonly ConfusionSample[];
  readonly predictions?: readonly Prediction[];
  readonly routing?: readonly LayerRouting[];
  /** Agreement of the evaluated checkpoint with the last one. */
  readonly agreement?: CheckpointAgreement;
  readonly mosaics?: readonly Mosaic[];
  readonly domains?: DomainAnalysis;
  readonly regions?: DecisionRegions;
  readonly tokenTraces?: readonly TokenTrace[];
  readonly textPredictions?: readonly TextPrediction[];
  /** Set for language models: facts needed to interpret the loss. */
  readonly language?: LanguageUnits;
  readonly samples?: readonly TextSample[];
  readonly captions?: readonly CaptionSample[];
  readonly galleries?: readonly LayerGallery[];
  readonly retrieval?: RetrievalSamples;
  /** Prompts of each class, if images are classified by text. */
  readonly classPrompts?: readonly (readonly string[])[]; // [C]
}
