/** Share of each modality in the tokens of each expert. */
import type { LabelRouting } from "../types/routing.ts";

/** The tokens of each expert of a layer, by modality. */
export interface ModalityShares {
  readonly modalities: readonly string[]; // [M]
  /** Share of each modality in all assignments of the layer. */
  readonly overall: readonly number[]; // [M]
  readonly experts: readonly ExpertModality[]; // [E]
}

export interface ExpertModality {
  readonly expert: number;
  /** Assignments by modality. */
  readonly counts: readonly number[]; // [M]
  /** Share of all assignments of the layer, 0 to 1. */
  readonly load: number;
  /** Shares of the expert's own assignments, 0 to 1; zeros if it has none. */
  readonly shares: readonly number[]; // [M]
  /** Whether the expert is almost unused: its load is below a fiftieth of the even share. */
  readonly idle: boolean;
  /** The modality of nearly all its tokens, if it has one and the expert is not idle. */
  readonly specialty?: string;
}

/** An expert is idle below this multiple of the even share. */
const IDLE_BELOW = 0.02;

/** Minimum share of its tokens for an expert to specialise in a modality. */
export const SPECIALTY_SHARE = 0.8;
/** The same minimum for the most frequent modality. */
export const MAJORITY_SPECIALTY_SHARE = 0.95;

/**
 * Splits the assignments of each expert by modality. Most tokens of a pair are patches, so an
 * expert without a preference also has mostly patches. The larger modality therefore needs a share
 * of .95 to be the expert's specialty; any other needs .8.
 *
 * @param labelled the label `modality` of a layer
 * @example
 * modalityShares({ values: ["image", "text"], counts: [[98, 1], [2, 9]] }).experts[1]?.specialty // "text"
 */
export function modalityShares({
  values,
  counts,
}: Pick<LabelRouting, "values" | "counts">): ModalityShares {
  const byModality = counts.map(sum);
  const all = sum(byModality);
  const fraction = (part: number, whole: number): number => (whole > 0 ? part / whole : 0);
  const overall = byModality.map((count) => fraction(count, all));
  const needed = overall.map((share) => (share > 0.5 ? MAJORITY_SPECIALTY_SHARE : SPECIALTY_SHARE));
  const numExperts = counts[0]?.length ?? 0;
  const experts = Array.from({ length: numExperts }, (_, expert): ExpertModality => {
    const own = counts.map((row) => row[expert]!);
    const shares = own.map((count) => fraction(count, sum(own)));
    const load = fraction(sum(own), all);
    const idle = load * numExperts < IDLE_BELOW;
    const specialty = values[shares.findIndex((share, m) => share >= needed[m]!)];
    return {
      expert,
      counts: own,
      load,
      shares,
      idle,
      ...(!idle && specialty !== undefined && { specialty }),
    };
  });
  return { modalities: values, overall, experts };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
