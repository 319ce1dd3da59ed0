/** Warnings about contrastive training, with remedies. */
import { type Observation, type Warning, WINDOW } from "../diagnostics/observation.ts";

export interface ContrastiveWarningOptions {
  readonly form: "info_nce" | "siglip";
  /** Warm-up steps of the learning rate. Default 0. */
  readonly warmupSteps?: number;
  /** Lower bound of a learned temperature; absent if the temperature is fixed. */
  readonly minTemperature?: number;
  /** Whether the loss ignores repeated captions. Default false. */
  readonly ignoresRepeated?: boolean;
}

/** Updates after the warm-up until the loss must have improved. */
const PATIENCE = 100;
/** Fraction of the chance-level loss above which a model counts as guessing. */
const STILL_GUESSING = 0.98;
/** Fraction of repeated captions in a batch above which false negatives are reported. */
const MANY_REPEATED = 0.1;
/** Relative distance from the bound within which the temperature counts as being at it. */
const AT_BOUND = 0.005;
/** Mean cosine of different samples above which embeddings count as collapsed. */
const COLLAPSED = 0.95;

/**
 * Warnings from means over the last updates: a chance-level loss, repeated captions within a batch, a
 * temperature at its bound, collapsed embeddings.
 *
 * Scalars are read by name: `loss`, `temperature`, `image_similarity` and `text_similarity`; missing
 * scalars raise no warning.
 *
 * @param history the last updates, oldest first; fewer than {@link WINDOW} raise no warning
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
      `${repeated.toFixed(1)} of the ${samples} captions that are compared equal another caption, so correct pairs count as negatives; set model.contrastive.ignore_repeated to true, use a smaller batch, or more varied captions`,
    );
  }
  if (minTemperature !== undefined && scalar("temperature") <= (1 + AT_BOUND) * minTemperature) {
    warn(
      "temperature_bound",
      `the temperature is at its bound of ${minTemperature} and cannot decrease further; check the validation loss for overfitting, and lower optimizer.learning_rate, for all weights or in a rule for logit_scale`,
    );
  }

  if (last.step < warmupSteps + PATIENCE) return warnings;
  const loss = scalar("loss");
  const guessing = lossOfGuessing(form, samples);
  if (loss >= STILL_GUESSING * guessing) {
    warn(
      "loss_of_guessing",
      `the loss is still ${loss.toFixed(3)}, and guessing among ${samples} pairs gives ${guessing.toFixed(3)}: the model has learnt nothing; try another optimizer.learning_rate, and check that captions belong to their images and distinguish them`,
    );
  }
  for (const side of ["image", "text"]) {
    const similarity = scalar(`${side}_similarity`);
    if (similarity < COLLAPSED || Number.isNaN(similarity)) continue;
    warn(
      `collapsed_${side}s`,
      `the embeddings of different ${side}s have a mean cosine of ${similarity.toFixed(3)}: they have collapsed; lower optimizer.learning_rate or lengthen schedule.warmup_steps, and check that the ${side}s differ`,
    );
  }
  return warnings;
}

/**
 * The minimum loss of a model with equal similarities for all pairs of a batch: `log B` for
 * InfoNCE; for the sigmoid loss `log B + (B - 1) log(B / (B - 1))`, with probability `1 / B` for
 * each pair.
 */
export function lossOfGuessing(form: ContrastiveWarningOptions["form"], samples: number): number {
  if (form === "info_nce" || samples < 2) return Math.log(samples);
  return Math.log(samples) + (samples - 1) * Math.log(samples / (samples - 1));
}
