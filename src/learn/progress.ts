/** Progress of long work, for terminals and pages. */

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

/** Shows nothing. */
export const silent: ProgressSink = { update: () => {}, note: () => {} };
