/** Codecs of routing statistics in `record.json`. */
import { type RoutingScoreName, type RoutingScores, routingScoreList } from "../routing-scores.ts";
import type { RoutingAgreement } from "../statistics/agreement.ts";
import type { Association } from "../statistics/contingency.ts";
import type { DomainAnalysis } from "../types/domain.ts";
import type {
  CheckpointAgreement,
  DomainLabelRouting,
  LabelRouting,
  LayerAgreement,
  LayerRouting,
} from "../types/routing.ts";
import {
  type Codec,
  list,
  number,
  numbers,
  optional,
  pair,
  struct,
  text,
  whole,
} from "./json-codec.ts";
import { MAX_EXPERTS } from "./record-choices.ts";
import { MAX_LAYERS, mosaicCodec } from "./record-images.ts";

const MAX_VALUES = 10_000;

const associationCodec: Codec<Association> = struct<Association>({
  count: number,
  mutualInformation: number,
  normalizedMutualInformation: number,
  chiSquare: number,
  degreesOfFreedom: number,
  cramersV: number,
});

const labelFields = {
  values: list(text(1000), MAX_VALUES),
  counts: list(numbers(MAX_EXPERTS), MAX_VALUES),
  association: associationCodec,
};

const labelCodec: Codec<LabelRouting> = struct<LabelRouting>({
  label: text(1000),
  modality: optional(text(1000)),
  ...labelFields,
  byDomain: optional(
    list(struct<DomainLabelRouting>({ domain: text(1000), ...labelFields }), 1000),
  ),
});

const spreadFields = {
  load: numbers(MAX_EXPERTS),
  importance: numbers(MAX_EXPERTS),
  scores: struct<RoutingScores>(
    Object.fromEntries(routingScoreList.map(({ name }) => [name, number])) as {
      [Name in RoutingScoreName]: typeof number;
    },
  ),
};

export const routingCodec: Codec<readonly LayerRouting[]> = list(
  struct<LayerRouting>({
    layer: text(1000),
    numExperts: whole(1, MAX_EXPERTS),
    expertKinds: optional(list(text(1000), MAX_EXPERTS)),
    modalities: optional(list(struct({ modality: text(1000), ...spreadFields }), 100)),
    labels: optional(list(labelCodec, 1000)),
    ...spreadFields,
  }),
  MAX_LAYERS,
);

const agreementFields: Codec<RoutingAgreement> = struct<RoutingAgreement>({
  firstChoice: number,
  overlap: number,
  kappa: number,
  permutation: numbers(MAX_EXPERTS),
});

export const agreementCodec: Codec<CheckpointAgreement> = struct<CheckpointAgreement>({
  first: text(1000),
  second: text(1000),
  split: text(1000),
  layers: list(
    struct<LayerAgreement>({
      layer: text(1000),
      tokens: number,
      own: agreementFields,
      matched: agreementFields,
    }),
    MAX_LAYERS,
  ),
});

export const domainCodec: Codec<DomainAnalysis> = struct<DomainAnalysis>({
  domains: list(text(1000), 1000),
  heldOut: list(text(1000), 1000),
  routing: routingCodec,
  scenes: optional(
    struct({
      shown: list(list(mosaicCodec, 1000), 500),
      count: number,
      agreement: list(
        struct({
          layer: text(1000),
          domains: pair(text(1000)),
          firstChoice: number,
          kappa: number,
        }),
        100_000,
      ),
    }),
  ),
});
