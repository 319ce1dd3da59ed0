/** Routing statistics over any number of batches. */
import type { RoutingWith } from "../../moe/routing-taps.ts";
import type { Values } from "../routed-layer.ts";
import type { DomainLabelRouting, LabelRouting, LayerRouting } from "../types/routing.ts";
import { fractions } from "./distribution.ts";
import { type LabelSums, type LabelValue, labelRouting, labelSums } from "./routing-labels.ts";
import { type RoutedToken, type RoutingSums, routingSums } from "./routing-sums.ts";

/**
 * The routing of one layer for a batch, with the axes of the taps of `moe`, and labels of its
 * samples.
 *
 * Axes: `B` samples, `N` tokens (contiguous per sample), `K` choices, `E` experts.
 */
export interface RoutedBatch extends RoutingWith<Values, "probabilities"> {
  /**
   * Class, domain or attributes: per sample, or per image if the batch has images, `[B]` each; or
   * per token, `[N]`.
   */
  readonly labels?: SampleLabels;
}

/** Values of each label for every sample or token; undefined values are skipped. */
export type SampleLabels = Readonly<Record<string, readonly (LabelValue | undefined)[]>>;

export interface RoutingStatistics {
  /** Adds a batch of one layer. */
  add(layer: string, batch: RoutedBatch): void;
  layers(): LayerRouting[];
}

export interface RoutingStatisticsOptions {
  /** Names of numeric label values, such as class names. */
  readonly values?: Readonly<Record<string, readonly string[]>>;
  /** Whether the other labels are also counted within each value of `domain`. Default false. */
  readonly byDomain?: boolean;
}

/** The modality that labels describe. */
const IMAGE = "image";
/** The label within which other labels are counted. */
const DOMAIN = "domain";

interface LayerSums {
  readonly all: RoutingSums;
  readonly modalities: Map<string, RoutingSums>;
  readonly labels: Map<string, LabelSums>;
  /** Sums by domain, then by label. */
  readonly domains: Map<LabelValue, Map<string, LabelSums>>;
}

/**
 * Sums routing over batches: for all tokens, per modality and per label. Labels describe images, so
 * if the modality `image` exists, labels count its tokens only.
 */
export function routingStatistics({
  values = {},
  byDomain = false,
}: RoutingStatisticsOptions = {}): RoutingStatistics {
  const layers = new Map<string, LayerSums>();
  return {
    add(layer, batch) {
      const [numTokens, numExperts] = batch.probabilities.shape as [number, number];
      const sums = obtain(layers, layer, () => ({
        all: routingSums(numExperts),
        modalities: new Map(),
        labels: new Map(),
        domains: new Map(),
      }));
      const modalities = Object.entries(batch.modalities ?? {}).map(([name, { data }]) => {
        return [data, obtain(sums.modalities, name, () => routingSums(numExperts))] as const;
      });
      const labels = Object.entries(batch.labels ?? {}).map(([name, samples]) => {
        const make = () => labelSums(name, numExperts, values[name]);
        return [name, samples, obtain(sums.labels, name, make)] as const;
      });
      for (let n = 0; n < numTokens; n++) {
        if (batch.mask !== undefined && !Number(batch.mask.data[n])) continue;
        const token = readToken(batch, n);
        sums.all.add(token);
        for (const [members, own] of modalities) if (Number(members[n])) own.add(token);
        if (!labelled(batch, n)) continue;
        const valueAt = (samples: readonly (LabelValue | undefined)[] = []) =>
          samples[Math.floor((n * samples.length) / numTokens)];
        const domain = byDomain ? valueAt(batch.labels?.[DOMAIN]) : undefined;
        const within =
          domain === undefined
            ? undefined
            : obtain(sums.domains, domain, () => new Map<string, LabelSums>());
        for (const [name, samples, own] of labels) {
          const value = valueAt(samples);
          if (value === undefined) continue;
          own.add(value, token);
          if (within === undefined || name.startsWith(DOMAIN)) continue;
          obtain(within, name, () => labelSums(name, numExperts, values[name])).add(value, token);
        }
      }
    },
    layers: () => [...layers].map(([layer, sums]) => layerRouting(layer, sums)),
  };
}

function labelled({ modalities: { [IMAGE]: members } = {} }: RoutedBatch, n: number): boolean {
  return members === undefined || Boolean(Number(members.data[n]));
}

function readToken(batch: RoutedBatch, n: number): RoutedToken {
  const { probabilities, attempted } = batch;
  const [numTokens, numExperts] = probabilities.shape as [number, number];
  const ids: number[] = [];
  for (let at = n; at < batch.ids.data.length; at += numTokens) {
    const expert = Number(batch.ids.data[at]);
    if (expert >= 0 && expert < numExperts) ids.push(expert);
  }
  const row = Array<number>(numExperts);
  for (let e = 0; e < numExperts; e++) row[e] = Number(probabilities.data[n * numExperts + e]);
  return {
    ids,
    probabilities: row,
    attempted: attempted === undefined ? ids.length : Number(attempted.data[n]),
  };
}

function layerRouting(
  layer: string,
  { all, modalities, labels, domains }: LayerSums,
): LayerRouting {
  const numExperts = all.load.length;
  const spread = (sums: RoutingSums) => ({
    load: fractions(sums.load),
    importance: fractions(sums.importance),
    scores: sums.scores(),
  });
  const assignments = all.load.reduce((sum, count) => sum + count, 0);
  // If every token reaches every expert, only probabilities distinguish experts.
  const isDense = numExperts > 1 && assignments === all.tokens * numExperts;
  const counted = isDense ? "importance" : "load";
  const seen = [...modalities].filter(([, { tokens }]) => tokens > 0);
  const byModality = seen.map(([, sums]) => sums[counted]);
  const names = seen.map(([name]) => name);
  const mixed = seen.length > 1;
  const tables = [
    ...(mixed ? [labelRouting("modality", names, byModality)] : []),
    ...[...labels]
      .map(([name, sums]) => withDomains(sums.routing(counted), name, domains, counted))
      .filter(({ association }) => association.count > 0)
      .map((table) => (mixed && names.includes(IMAGE) ? { ...table, modality: IMAGE } : table)),
  ];
  return {
    layer,
    numExperts,
    ...spread(all),
    ...(seen.length > 0 && {
      modalities: seen.map(([modality, sums]) => ({ modality, ...spread(sums) })),
    }),
    ...(tables.length > 0 && { labels: tables }),
  };
}

/** The table, with the tables within each domain. */
function withDomains(
  table: LabelRouting,
  name: string,
  domains: LayerSums["domains"],
  counted: "load" | "importance",
): LabelRouting {
  const byDomain = [...domains].flatMap(([domain, labels]): DomainLabelRouting[] => {
    const within = labels.get(name)?.routing(counted);
    if (within === undefined || within.association.count === 0) return [];
    const { values, counts, association } = within;
    return [{ domain: String(domain), values, counts, association }];
  });
  if (byDomain.length === 0) return table;
  return { ...table, byDomain: byDomain.sort((a, b) => (a.domain < b.domain ? -1 : 1)) };
}

function obtain<Key, T>(map: Map<Key, T>, key: Key, make: () => T): T {
  const known = map.get(key);
  if (known !== undefined) return known;
  const fresh = make();
  map.set(key, fresh);
  return fresh;
}
