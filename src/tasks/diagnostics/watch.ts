/** Watches a run and reports each warning once. */

import type { Batch } from "../../data/batches/batch.ts";
import {
  countRepeatedRows,
  type Diagnose,
  type Observation,
  type Warning,
  WINDOW,
} from "./observation.ts";

/** Updates without a warning after which it may be reported again. */
const CURED = 100;

/** The part of a batch that is checked. */
type SeenBatch = Pick<Batch, "arrays" | "indices">;

export interface Watch {
  /** Adds a batch of the current update. */
  seeBatch(batch: SeenBatch): void;
  /** Ends an update and returns new warnings. */
  endStep(step: number, scalars: Observation["scalars"]): readonly Warning[];
  /** What a resumed run needs to give the same warnings as one that was never stopped. */
  state(): WatchState;
}

/** The memory of a watch, in a checkpoint. */
export interface WatchState {
  /** The last updates, oldest first. */
  readonly history: readonly Observation[];
  /** The last step at which each kind of warning held. */
  readonly lastHeld: Readonly<Record<string, number>>;
}

/**
 * Collects observations for `diagnose`. A warning is reported when it first holds, and again only if it
 * returns after {@link CURED} updates without it.
 *
 * @param joined whether the batches of an update are compared as one
 * @param from the state of the run that goes on
 */
export function createWatch(
  diagnose: Diagnose,
  { joined, from }: { readonly joined: boolean; readonly from?: WatchState | undefined },
): Watch {
  const history: Observation[] = [...(from?.history ?? [])];
  const lastHeld = new Map<string, number>(Object.entries(from?.lastHeld ?? {}));
  let batches: SeenBatch[] = [];
  return {
    seeBatch({ arrays: { tokens }, indices }) {
      batches.push({ arrays: tokens ? { tokens } : {}, indices });
    },
    endStep(step, scalars) {
      history.push({ step, scalars, ...describe(batches, joined) });
      if (history.length > WINDOW) history.shift();
      batches = [];
      const found = diagnose(history);
      const given = found.filter(({ kind }) => {
        const before = lastHeld.get(kind);
        return before === undefined || step - before > CURED;
      });
      for (const { kind } of found) lastHeld.set(kind, step);
      return given;
    },
    state: () => ({ history: [...history], lastHeld: Object.fromEntries(lastHeld) }),
  };
}

function describe(
  batches: readonly SeenBatch[],
  joined: boolean,
): Pick<Observation, "samples" | "repeatedCaptions"> {
  const compared = joined ? [batches] : batches.map((batch) => [batch]);
  const samples = batches.reduce((sum, { indices }) => sum + indices.length, 0);
  const repeated = compared
    .map((group) => countRepeatedRows(group.flatMap(({ arrays }) => arrays.tokens ?? [])))
    .reduce((sum, rows) => sum + rows, 0);
  return { samples: samples / compared.length, repeatedCaptions: repeated / compared.length };
}
