/**
 * `record.json`: a `RunRecord` without its metrics, as JSON text.
 *
 * Pixels and attention are base64; probabilities are thousandths in base64.
 */

import type { RunRecord, StoredSummary } from "../types/run-record.ts";
import {
  anything,
  type Codec,
  list,
  number,
  numbers,
  optional,
  pair,
  storedAs,
  struct,
  table,
  text,
  whole,
} from "./json-codec.ts";
import { imageCodec, mosaicCodec } from "./record-images.ts";
import { agreementCodec, domainCodec, routingCodec } from "./record-routing.ts";
import { galleryCodec, retrievalCodec, tokenTraceCodec } from "./record-texts.ts";

/** Content of `record.json`. */
export type StoredRecord = Omit<RunRecord, "metrics">;

/** Maximum length of `record.json`, characters. */
export const MAX_RECORD_LENGTH = 64 * 2 ** 20;

const VERSION = 1;

const scores = table(number, 1000);

/** `summary.json`, which may be untrusted. */
export const summaryCodec: Codec<StoredSummary> = struct<StoredSummary>({
  recipe: optional(text(1000)),
  seed: optional(number),
  steps: optional(number),
  train_seconds: optional(number),
  tokens_per_second: optional(number),
  parameters: optional(struct({ total: number, active: number })),
  validation: optional(scores),
  test: optional(scores),
  versions: optional(table(text(200), 100)),
});

const codec: Codec<StoredRecord> = struct<StoredRecord>({
  name: text(1000),
  recipe: text(1000),
  config: anything(32),
  summary: summaryCodec,
  classNames: list(text(1000), 10_000),
  confusion: optional(list(numbers(2000), 2000)),
  confusionSamples: optional(
    list(
      struct({
        label: number,
        predicted: number,
        image: optional(imageCodec),
        text: optional(text(10_000)),
      }),
      2000,
    ),
  ),
  predictions: optional(
    list(
      struct({
        image: imageCodec,
        label: number,
        predicted: number,
        probabilities: numbers(10_000),
      }),
      500,
    ),
  ),
  routing: optional(routingCodec),
  agreement: optional(agreementCodec),
  mosaics: optional(list(mosaicCodec, 500)),
  domains: optional(domainCodec),
  regions: optional(
    struct({
      axes: pair(text(200)),
      range: pair(number),
      size: whole(1, 1000),
      numExperts: whole(1, 10_000),
      predicted: numbers(1_000_000),
      ids: storedAs("experts", numbers(1_000_000)),
      combineWeights: storedAs("gates", numbers(1_000_000)),
      optimal: optional(numbers(1_000_000)),
      points: list(struct({ x: number, y: number, label: number }), 100_000),
      scores: list(struct({ name: text(1000), accuracy: number, byClass: numbers(10_000) }), 1000),
    }),
  ),
  tokenTraces: optional(list(tokenTraceCodec, 500)),
  textPredictions: optional(
    list(
      struct({ text: text(100_000), label: number, predicted: number, probability: number }),
      2000,
    ),
  ),
  language: optional(struct({ charactersPerToken: number })),
  samples: optional(
    list(struct({ temperature: number, prompt: text(100_000), text: text(100_000) }), 500),
  ),
  captions: optional(
    list(
      struct({ image: imageCodec, caption: text(10_000), references: list(text(10_000), 100) }),
      500,
    ),
  ),
  galleries: optional(list(galleryCodec, 1000)),
  retrieval: optional(retrievalCodec),
  classPrompts: optional(list(list(text(1000), 1000), 10_000)),
});

/** Encodes `record.json`. */
export function encodeRecord(record: StoredRecord): string {
  return JSON.stringify({ version: VERSION, ...(codec.encode(record) as object) });
}

/**
 * Decodes `record.json`, which may be untrusted.
 *
 * @throws RangeError if it is too long, invalid, or of another version; the message names the path
 */
export function decodeRecord(content: string): StoredRecord {
  if (content.length > MAX_RECORD_LENGTH) {
    throw new RangeError(
      `the record has ${content.length} characters; the limit is ${MAX_RECORD_LENGTH}`,
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(content);
  } catch {
    throw new RangeError("the record is not JSON");
  }
  const version = (json as { version?: unknown } | null)?.version;
  if (version !== VERSION) {
    throw new RangeError(
      `the record has ${version === undefined ? "no version" : `version ${String(version)}`}; this release reads version ${VERSION}`,
    );
  }
  return codec.decode(json, "record");
}
