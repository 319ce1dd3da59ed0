/**
 * Router decisions in `record.json`: the first choice of every token under the keys `experts` and
 * `gates`, and all choices under `choices`, `weights` and `probabilities`.
 */
import { defined } from "../../graph/defined.ts";
import type { RecordedLayer } from "../types/routed-layer.ts";
import { type Codec, checked, list, mapped, numbers, optional, thousandths } from "./json-codec.ts";

const MAX_TOKENS = 65_536;
export const MAX_EXPERTS = 4096;

type Decisions = Pick<RecordedLayer, "ids" | "combineWeights" | "probabilities">;

/** `Decisions` as stored in the file. */
export interface StoredDecisions {
  /** First choices. */
  readonly experts: readonly number[]; // [S]
  /** Weights of the first choices. */
  readonly gates?: readonly number[]; // [S]
  readonly choices?: readonly (readonly number[])[]; // [K, S]
  /** Weights in thousandths. */
  readonly weights?: readonly (readonly number[])[]; // [K, S]
  readonly probabilities?: Float32Array; // [S * E]
}

const rows = list(numbers(MAX_TOKENS), MAX_EXPERTS);

export const firstChoiceFields = {
  experts: numbers(MAX_TOKENS),
  gates: optional(numbers(MAX_TOKENS)),
};

export const allChoiceFields = {
  choices: optional(rows),
  weights: optional(rows),
  probabilities: optional(thousandths(4_000_000)),
};

/** A layer with the fields of the two objects above. */
export function layerCodec<Rest extends object>(
  codec: Codec<Rest & StoredDecisions>,
): Codec<Rest & Decisions> {
  const even = checked(codec, ({ experts, gates, choices = [], weights = [] }) => {
    const wrong = [gates ?? experts, ...choices, ...weights].find(
      ({ length }) => length !== experts.length,
    );
    return wrong && `has ${experts.length} first choices, but another list has ${wrong.length}`;
  });
  return mapped(even, write, read);
}

function write<Rest>(layer: Rest & Decisions): Rest & StoredDecisions {
  const { ids, combineWeights, probabilities, ...rest } = layer;
  const isWhole = probabilities !== undefined || ids.length > 1;
  return {
    ...(rest as Rest),
    experts: ids[0] ?? [],
    ...defined({
      gates: combineWeights?.[0],
      choices: isWhole ? ids : undefined,
      weights: isWhole ? combineWeights?.map((row) => row.map(toThousandths)) : undefined,
      probabilities,
    }),
  };
}

function read<Rest>(stored: Rest & StoredDecisions): Rest & Decisions {
  const { experts, gates, choices, weights, probabilities, ...rest } = stored;
  const [first, ...others] = weights ?? [];
  const firstWeights = gates ?? first;
  return {
    ...(rest as Rest),
    ids: choices ?? [experts],
    ...defined({
      combineWeights: firstWeights && [firstWeights, ...others],
      probabilities,
    }),
  };
}

function toThousandths(value: number): number {
  return Math.round(value * 1000) / 1000;
}
