/** The table of losses and priorities. */

import type { MetricEvent } from "../../src/inspect/types/run-record.ts";
import type { FinishedRun } from "./finished-run.ts";

export const ablationHeading = [
  "losses and priority",
  "text placed",
  "images placed",
  "zero-shot",
  "zero-shot, unseen",
  "image to text R@1",
  "text to image R@1",
  "loss",
] as const;

export const ablationNote = `"Placed" is the routing success rate in the worst layer.`;

/** The cells of one run on the test split. */
export function ablationCells({ summary: { test = {} }, metrics }: FinishedRun): string[] {
  const events = metrics.filter(({ split }) => split === "test");
  const score = (name: string): string => test[name]?.toFixed(3) ?? "-";
  return [
    worst(events, "text", "success_rate"),
    worst(events, "image", "success_rate"),
    score("zero_shot_accuracy"),
    score("zero_shot_unseen_accuracy"),
    score("image_to_text_r1"),
    score("text_to_image_r1"),
    score("loss"),
  ];
}

/** The minimum of a metric of a modality over the layers. */
function worst(events: readonly MetricEvent[], modality: string, metric: string): string {
  const own = events.filter(({ name }) => name.endsWith(`/${modality}/${metric}`));
  return Math.min(...own.map(({ value }) => value)).toFixed(3);
}
