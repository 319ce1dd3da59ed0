/** What a training run tells its surroundings. */

/** One line of `metrics.jsonl`. */
export interface MetricEvent {
  step: number;
  epoch: number;
  /** `train`, `validation` or `test`. */
  split: string;
  name: string;
  /** NaN and infinities are null in the file and NaN when read back. */
  value: number;
  /** Seconds of training so far. */
  seconds: number;
}

/** Where a run stands. */
export interface ProgressUpdate {
  /** What is counted: `step` while training, for example `test batch` while evaluating. */
  label: string;
  done: number;
  total: number;
  /** Shown in order, for example `{ loss: 0.412, accuracy: 0.871 }`. */
  metrics?: Readonly<Record<string, number>>;
  tokensPerSecond?: number;
  secondsLeft?: number;
}

/** Receives progress; cheap enough to be called at every step. */
export interface ProgressSink {
  update(update: ProgressUpdate): void;
  /** A line that stays, for example "checkpoint saved at step 300". */
  note(message: string): void;
}

/** `summary.json`; scripts rely on its shape. */
export interface Summary {
  recipe: string;
  seed: number;
  steps: number;
  train_seconds: number;
  tokens_per_second: number;
  parameters: { total: number; active: number };
  validation: Record<string, number>;
  test: Record<string, number>;
  versions: Record<string, string>;
}
