import { defined } from "../src/graph/defined.ts";
import { lossDifference, type Outcome } from "./compare.ts";

/** A row of the result; scripts rely on these names. */
export interface Row {
  readonly bench: string;
  readonly case: string;
  /** Median milliseconds; null if not measured. */
  readonly ours_ms: number | null;
  readonly peer: string;
  readonly peer_version: string | null;
  readonly peer_ms: number | null;
  /** `ours_ms / peer_ms`: below 1, we are faster. */
  readonly ratio: number | null;
  /** Fraction (0-1) of our time not explained by the peer's work, if measured. */
  readonly share?: number;
  /** Maximum difference of the loss over the first six steps, if losses were compared. */
  readonly loss_difference?: number | null;
  /** Reason for missing figures. */
  readonly note?: string;
}

export interface RowHead {
  readonly bench: string;
  readonly case: string;
  readonly peer: string;
  readonly version: string | null;
}

/** The row of our outcome beside a peer's; `theirs` is the reason if the peer did not run. */
export function makeRow(head: RowHead, ours: Outcome, theirs: Outcome | string): Row {
  const { bench, peer, version } = head;
  const oursMs = "ms" in ours ? ours.ms : null;
  const common = { bench, case: head.case, ours_ms: round(oursMs), peer, peer_version: version };
  if (typeof theirs === "string" || "failure" in theirs || !("ms" in ours)) {
    const note =
      typeof theirs === "string" ? theirs : "failure" in theirs ? theirs.failure : undefined;
    return { ...common, peer_ms: null, ratio: null, ...defined({ note }) };
  }
  const difference = lossDifference(ours.losses, theirs.losses);
  return {
    ...common,
    peer_ms: round(theirs.ms),
    ratio: Number((ours.ms / theirs.ms).toFixed(4)),
    ...(ours.losses.length > 0 && { loss_difference: difference }),
  };
}

/** Rounds milliseconds to three decimals. */
function round(ms: number | null): number | null {
  return ms === null ? null : Number(ms.toFixed(3));
}
