/** Synthetic runs of text models. */

import type { RunRecord } from "../inspect/types/run-record.ts";
import type { TokenTrace } from "../inspect/types/text.ts";

const layers = ["blocks.0.moe", "blocks.1.moe"];

/** A trace whose experts depend on position and layer. */
export function fixtureTrace(
  tokens: readonly string[],
  more: Partial<TokenTrace> = {},
): TokenTrace {
  return {
    tokens,
    layers: layers.map((layer, depth) => ({
      layer,
      numExperts: 4,
      ids: [tokens.map((_, i) => (i * (depth + 1)) % 4)],
      combineWeights: [tokens.map((_, i) => [0.9, 0.4, 0.1][i % 3]!)],
    })),
    ...more,
  };
}

const base = { config: null, metrics: [], classNames: [] };

/** A language model of bytes or of larger tokens. */
export function fixtureLanguageRun(charactersPerToken = 1): RunRecord {
  const validation = { loss: 1.7512, accuracy: 0.47 };
  return {
    ...base,
    name: "play",
    recipe: "play",
    summary: { steps: 5000, train_seconds: 720, validation, test: {} },
    language: { charactersPerToken },
    tokenTraces: [fixtureTrace([..."To be,\n\nor not\tto"])],
    samples: [
      { temperature: 0.5, prompt: "ROMEO:", text: "\nO <b>Juliet</b>" },
      { temperature: 1, prompt: "ROMEO:", text: "\nxq" },
    ],
  };
}

/** A classifier of sentences. */
export function fixtureSentenceRun(): RunRecord {
  return {
    ...base,
    name: "films",
    recipe: "films",
    summary: { validation: { accuracy: 0.8 }, test: { accuracy: 0.79 } },
    classNames: ["negative", "positive"],
    confusion: [
      [40, 10],
      [11, 39],
    ],
    tokenTraces: [
      fixtureTrace(["a", "fine", "film"], { label: 1, predicted: 1 }),
      fixtureTrace(["dull", "<unknown>"], { label: 0, predicted: 1 }),
    ],
    textPredictions: [
      { text: "dull & long", label: 0, predicted: 1, probability: 0.6 },
      { text: "x".repeat(400), label: 1, predicted: 0, probability: 0.97 },
      { text: "a fine film", label: 1, predicted: 1, probability: 0.9 },
    ],
  };
}
