/** What goes wrong when images and texts are compared, and what helps. */
import { type Observation, type Warning, WINDOW } from "../diagnostics/observation.ts";

export interface ContrastiveWarningOptions {
  readonly form: "info_nce" | "siglip";
  /** Updates over which the learning rate climbs. Default 0. */
  readonly warmupSteps?: number;
  /** Bound of a temperature that is learned; absent where it is fixed. */
  readonly minTemperature?: number;
  /** Whether captions that occur several times are no harm. Default false. */
  readonly ignoresRepeated?: boolean;
}

/** Updates after the warm-up by which a run should have learnt something. */
const PATIENCE = 100;
/** Share of the loss of guessing that counts as guessing. */
const STILL_GUESSING = 0.98;
/** Share of captions in a batch, above which false negatives are worth a word. */
const MANY_REPEATED = 0.1;
/** Part of the bound that the temperature is above it at most, while it counts as being there. */
const AT_BOUND = 0.005;
/** Mean cosine of different samples, from which on they are nearly one. */
const COLLAPSED = 0.95;

/**
 * Warnings by means over the last updates: a loss that is still that of guessing, captions that occur
 * several times in a batch, a temperature at its bound, embeddings that are all alike.
 *
 * Scalars are read by name: `loss`, `temperature`, `image_similarity` and `text_similarity`; those
 * that are absent raise nothing.
 *
 * @param history the last updates, the newest last; fewer than {@link WINDOW} raise nothing
 */
export function contrastiveWarnings(
  history: readonly Observation[],
  { form, warmupSteps = 0, minTemperature, ignoresRepeated = false }: ContrastiveWarningOptions,
): Warning[] {
  const last = history.at(-1);
  if (last === undefined || history.length < WINDOW) return [];
  const { samples } = last;
  const mean = (value: (seen: Observation) => number) =>
    history.reduce((sum, seen) => sum + value(seen), 0) / history.length;
  const scalar = (name: string) => mean(({ scalars }) => scalars[name] ?? Number.NaN);
  const warnings: Warning[] = [];
  const warn = (kind: string, message: string) => warnings.push({ kind, message });

  const repeated = mean((seen) => seen.repeatedCaptions);
  if (!ignoresRepeated && repeated >= MANY_REPEATED * samples) {
    warn(
      "repeated_captions",
      `${repeated.toFixed(1)} of the ${samples} captions that are compared equal another one, so that right pairs are learnt as wrong ones; set model.contrastive.ignore_repeated to true, make the batch smaller, or the captions more varied`,
    );
  }
  if (minTemperature !== undefined && scalar("temperature") <= (1 + AT_BOUND) * minTemperature) {
    warn(
      "temperature_bound",
      `the temperature is at its bound of ${minTemperature} and cannot fall any further; watch the validation loss for overfitting, and lower optimizer.learning_rate, for all weights or in a rule for logit_scale`,
    );
  }

  if (last.step < warmupSteps + PATIENCE) return warnings;
  const loss = scalar("loss");
  const guessing = lossOfGuessing(form, samples);
  if (loss >= STILL_GUESSING * guessing) {
    warn(
      "loss_of_guessing",
      `the loss is still ${loss.toFixed(3)}, and guessing among ${samples} pairs gives ${guessing.toFixed(3)}: the batches teach nothing; try another optimizer.learning_rate, and look whether captions belong to their images and tell them apart`,
    );
  }
  for (const side of ["image", "text"]) {
    const similarity = scalar(`${side}_similarity`);
    if (similarity < COLLAPSED || Number.isNaN(similarity)) continue;
    warn(
      `collapsed_${side}s`,
      `the embeddings of different ${side}s have a mean cosine of ${similarity.toFixed(3)}, so they are nearly one; lower optimizer.learning_rate or lengthen schedule.warmup_steps, and check that the ${side}s differ`,
    );
  }
  return warnings;
}

/**
 * The least loss of a model that gives all pairs of a batch one similarity: `log B` for InfoNCE; for the
 * sigmoid loss `log B + (B - 1) log(B / (B - 1))`, where each pair has probability `1 / B`.
 */
export function lossOfGuessing(form: ContrastiveWarningOptions["form"], samples: number): number {
  if (form === "info_nce" || samples < 2) return Math.log(samples);
  return Math.log(samples) + (samples - 1) * Math.log(samples / (samples - 1));
}
