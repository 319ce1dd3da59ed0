/** Sums up where routers sent tokens, over any number of batches. */
import { routerDetails } from "../router-details.ts";
import type { MosaicLayer } from "../types/mosaic.ts";
import type { DomainLabelRouting, LabelRouting, LayerRouting } from "../types/routing.ts";
import { type LabelSums, type LabelValue, labelRouting, labelSums } from "./routing-labels.ts";
import { fractions, type RoutedToken, type RoutingSums, routingSums } from "./routing-sums.ts";

/**
 * The routing of one layer for a batch, in the form of the taps of `moe`: every kind of routing is
 * told as the experts of each token.
 *
 * Axes: `B` samples, `N` tokens with those of a sample side by side, `K` choices, `E` experts.
 */
export interface RoutedBatch {
  /** Chosen experts, `[K, N]`; `E` and above is "none". */
  readonly ids: Values;
  /** Of every expert for every token, `[N, E]`. */
  readonly probabilities: Values;
  /** Experts that each token asked for, `[N]`; by default those it has. */
  readonly attempted?: Values;
  /** Which tokens count, `[N]`; by default all. */
  readonly mask?: Values;
  /** Tokens of each modality, `[N]`. */
  readonly modalities?: Readonly<Record<string, Values>>;
  /**
   * Class, domain or attributes of each sample, or of its image where it has one, `[B]` each; or of
   * each token, `[N]`.
   */
  readonly labels?: SampleLabels;
}

/** Values of each label for every sample or token; those without one are left out. */
export type SampleLabels = Readonly<Record<string, readonly (LabelValue | undefined)[]>>;

interface Values {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number | bigint>;
}

export interface RoutingStatistics {
  /** Adds a batch of one layer. */
  add(layer: string, batch: RoutedBatch): void;
  layers(): LayerRouting[];
}

export interface RoutingStatisticsOptions {
  /** Names of the values of labels that are given as numbers, such as class names. */
  readonly values?: Readonly<Record<string, readonly string[]>>;
  /** Whether the other labels are also summed up within each value of `domain`. Default false. */
  readonly byDomain?: boolean;
}

/** The modality that labels tell of. */
const IMAGE = "image";
/** The label that others are told within. */
const DOMAIN = "domain";

interface LayerSums {
  readonly all: RoutingSums;
  readonly modalities: Map<string, RoutingSums>;
  readonly labels: Map<string, LabelSums>;
  /** By domain, then by label. */
  readonly domains: Map<LabelValue, Map<string, LabelSums>>;
}

/**
 * Sums up layers over batches: all tokens, those of each modality, those of each label. Labels tell
 * what an image shows: where there is a modality `image`, they are of its tokens alone.
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

function readToken({ ids, probabilities, attempted }: RoutedBatch, n: number): RoutedToken {
  const [numTokens, numExperts] = probabilities.shape as [number, number];
  const experts: number[] = [];
  for (let at = n; at < ids.data.length; at += numTokens) {
    const expert = Number(ids.data[at]);
    if (expert >= 0 && expert < numExperts) experts.push(expert);
  }
  const row = Array<number>(numExperts);
  for (let e = 0; e < numExperts; e++) row[e] = Number(probabilities.data[n * numExperts + e]);
  return {
    experts,
    probabilities: row,
    attempted: attempted === undefined ? experts.length : Number(attempted.data[n]),
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
  // Where every token reaches every expert, only the gates tell experts apart.
  const gates = numExperts > 1 && assignments === all.tokens * numExperts;
  const seen = [...modalities].filter(([, { tokens }]) => tokens > 0);
  const byModality = seen.map(([, sums]) => (gates ? sums.importance : sums.load));
  const names = seen.map(([name]) => name);
  const mixed = seen.length > 1;
  const tables = [
    ...(mixed ? [labelRouting("modality", names, byModality)] : []),
    ...[...labels]
      .map(([name, sums]) => withDomains(sums.routing(gates), name, domains, gates))
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

/** The table with those within each domain beside it. */
function withDomains(
  table: LabelRouting,
  name: string,
  domains: LayerSums["domains"],
  gates: boolean,
): LabelRouting {
  const byDomain = [...domains].flatMap(([domain, labels]): DomainLabelRouting[] => {
    const within = labels.get(name)?.routing(gates);
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

/** The first choice, and the details, for every patch of sample `sample`, for the mosaic; patches come first. */
export function mosaicLayer(options: {
  readonly layer: string;
  readonly rows: number;
  readonly columns: number;
  readonly sample: number;
  /** Tokens of a sample, such as patches and words of a pair; by default its patches alone. */
  readonly stride?: number;
  /** Tokens of a sample in front of its patches. Default 0. */
  readonly before?: number;
  readonly ids: ArrayLike<number | bigint>;
  readonly combineWeights: ArrayLike<number>;
  readonly probabilities: ArrayLike<number>;
  readonly numExperts: number;
}): MosaicLayer {
  const { layer, rows, columns, sample, ids, combineWeights, numExperts } = options;
  const start = sample * (options.stride ?? rows * columns) + (options.before ?? 0);
  const patches = Array.from({ length: rows * columns }, (_, i) => start + i);
  return {
    layer,
    rows,
    cols: columns,
    numExperts,
    experts: patches.map((at) => Number(ids[at])), // K-major: first choices come first
    gates: patches.map((at) => combineWeights[at]!),
    ...routerDetails({ ...options, start, count: patches.length }),
  };
}
