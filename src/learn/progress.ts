/** Progress of long work, for terminals and pages. */
import type * as z from "zod";
import { objectWith } from "../config/given-schema.ts";

/** Progress of a run. */
export interface ProgressUpdate {
  /** The unit that is counted, such as `step` in training and `test batch` in evaluation. */
  label: string;
  done: number;
  /** Absent if it is not known. */
  total?: number;
  /** Metrics in the order in which they are shown, for example `{ loss: 0.412, accuracy: 0.871 }`. */
  metrics?: Readonly<Record<string, number>>;
  tokensPerSecond?: number;
  secondsLeft?: number;
}

/** Receives progress; cheap enough to be called at every step. */
export interface ProgressSink {
  update(update: ProgressUpdate): void;
  /** Adds a permanent line, for example "checkpoint saved at step 300". */
  note(message: string): void;
}

export const progressSchema: z.ZodType = objectWith(
  "an object with the functions update and note",
  "update",
);

/** Shows nothing. */
export const silent: ProgressSink = { update: () => {}, note: () => {} };
