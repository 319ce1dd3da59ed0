/** A task: an objective over batches, its score, and its report. */
import type { Field } from "../data/batches/batch.ts";
import type { Dataset } from "../data/dataset.ts";
import type { Loader } from "../data/loader.ts";
import type { Tokenizer } from "../data/tokenizers/index.ts";
import type { NdArray } from "../graph/array.ts";
import type { RunRecord } from "../inspect/types/run-record.ts";
import type { Evaluator } from "../learn/evaluator.ts";
import type { StagedObjective } from "../learn/staged-objective.ts";
import type { Objective } from "../learn/step-graph.ts";
import type { TokenPaths } from "../moe/active-parameters.ts";
import type { Diagnose } from "./diagnostics/observation.ts";

/** The training data that a task is made for. */
export interface TaskData {
  readonly dataset: Dataset;
  /** The arrays of a batch, without their batch axis. */
  readonly fields: Readonly<Record<string, Field>>;
  readonly tokenizer?: Tokenizer;
}

export interface Task {
  readonly objective: Objective;
  /** The objective in two stages, for losses that compare the samples of a batch. */
  readonly stages?: StagedObjective;
  /**
   * Samples of a batch in evaluation, at most, if an objective without stages compares the samples of a
   * batch: the same ones whatever `train.batch_size` is. Batches differ by as little as possible in size.
   */
  readonly comparedSamples?: number;
  /** The step, counted from 0, at which the moments of the optimizer are set to zero. */
  readonly resetMomentsAt?: number;
  /** Checks the last updates of a training run and returns warnings. */
  readonly diagnose?: Diagnose;
  /** The validation score that chooses the checkpoint. */
  readonly score: { readonly name: string; readonly better: "higher" | "lower" };
  /** The noun for samples in the plural: `images`, `sentences`, `windows`. */
  readonly samples: string;
  /** Tokens per sample. */
  readonly tokensPerSample: number;
  /** Upper bound of the routed experts per token, on average. */
  readonly numActiveExperts: number;
  /** The parameters that tokens of each kind use. Default: all tokens use all parameters. */
  readonly tokenPaths?: TokenPaths;
  readonly classNames: readonly string[];
  /** Set if the tokens of a sample begin with the patches of an image. */
  readonly patches?: ImagePatches;
  /** Evaluates a whole split and collects the parts of its report. */
  evaluateFully(options: FullEvaluationOptions): Promise<FullEvaluation>;
}

/** Layout of the tokens of an image. */
export interface ImagePatches {
  readonly grid: { readonly rows: number; readonly columns: number };
  /** Number of patch tokens plus trailing class tokens. */
  readonly tokensPerImage: number;
}

export interface FullEvaluationOptions {
  readonly loader: Loader;
  /** Compiles the evaluation with outputs and taps beside the scalars. */
  createEvaluator(
    outputs: (name: string) => boolean,
    options?: { readonly batchSize?: number },
  ): Promise<Evaluator>;
  /** The weights that evaluation uses, by name. */
  readonly weights: ReadonlyMap<string, NdArray>;
  /** Called after each batch. */
  readonly onBatch: () => void;
  /** Receives the progress of work besides the batches, such as `text sample`. */
  readonly onWork?: (label: string, done: number, total: number) => void;
}

export interface FullEvaluation {
  /** Means of all scalars over the split. */
  readonly scores: Readonly<Record<string, number>>;
  /** Parts of the report. */
  readonly record: Partial<RunRecord>;
  /** Parts that the inspector shows in addition to or in place of those of the report. */
  readonly inspected?: Partial<RunRecord>;
}
