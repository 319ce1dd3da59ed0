/** Which experts work for which modality. */
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
  /** Of all assignments of the layer, 0 to 1. */
  readonly load: number;
  /** Of the expert's own assignments, 0 to 1; zeros where it has none. */
  readonly shares: readonly number[]; // [M]
  /** Whether it has next to no tokens: less than a fiftieth of the even share. */
  readonly idle: boolean;
  /** The modality that nearly all of its tokens are of, where it is not idle. */
  readonly specialty?: string;
}

/** Below this multiple of the even share an expert is idle. */
const IDLE_BELOW = 0.02;

/** Share of its tokens from which on an expert counts as one of a modality. */
export const SPECIALTY_SHARE = 0.8;
/** The same, for a modality that most tokens are of. */
export const MAJORITY_SPECIALTY_SHARE = 0.95;

/**
 * Splits the assignments of each expert by modality. Most tokens of a pair are patches, so an expert
 * without a preference has mostly patches too: its specialty is the larger modality only from a share
 * of .95 on, another from .8 on.
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
