/** Learning-rate schedules as factors of the peak rate. */

/** Shape of the schedule after the warm-up. */
export type ScheduleKind = "constant" | "linear" | "cosine";

export interface ScheduleOptions {
  /** Shape after the warm-up. Default `cosine`. */
  readonly kind?: ScheduleKind;
  /** Steps of linear warm-up from 0 to 1. Default 0. */
  readonly warmupSteps?: number;
  /** Factor at the end, 0 to 1; ignored by `constant`. Default 0. */
  readonly final?: number;
}

/**
 * Factor of the learning rate, 0 to 1.
 *
 * Warm-up: `(step + 1) / warmupSteps`. Then with `t = (step - warmupSteps) / (totalSteps -
 * warmupSteps)`: 1, or `1 - (1 - final) t`, or `final + (1 - final) (1 + cos(pi t)) / 2`.
 *
 * @param step counted from 0; beyond `totalSteps` the factor stays at `final`
 * @throws RangeError if `warmupSteps` exceeds `totalSteps` or `final` is outside 0 to 1
 * @example
 * schedule(50, 100, { kind: "cosine" }); // 0.5
 */
export function schedule(
  step: number,
  totalSteps: number,
  { kind = "cosine", warmupSteps = 0, final = 0 }: ScheduleOptions = {},
): number {
  if (warmupSteps < 0 || (warmupSteps > totalSteps && totalSteps > 0)) {
    throw new RangeError(
      `schedule: warmupSteps must be 0 to the ${totalSteps} steps of the run, got ${warmupSteps}`,
    );
  }
  if (!(final >= 0 && final <= 1))
    throw new RangeError(`schedule: final must be 0 to 1, got ${final}`);
  if (step < warmupSteps) return (step + 1) / warmupSteps;
  if (kind === "constant") return 1;
  const span = totalSteps - warmupSteps;
  const t = span <= 0 ? 1 : Math.min(1, (step - warmupSteps) / span);
  const left = kind === "linear" ? 1 - t : (1 + Math.cos(Math.PI * t)) / 2;
  return final + (1 - final) * left;
}
