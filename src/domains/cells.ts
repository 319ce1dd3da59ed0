/** The training runs of a protocol. */
import { join } from "node:path";
import { fromSnakeCase } from "../config/case.ts";
import { datasets } from "../data/registry.ts";
import { usageError } from "../graph/errors.ts";
import type { TrainConfig } from "../recipe/config.ts";
import { algorithmSchema } from "../tasks/classification/algorithm-config.ts";
import type { DomainAlgorithm } from "../tasks/classification/domain-objective.ts";

/** Titles of the algorithms in tables. */
export const algorithmTitles: Readonly<Record<DomainAlgorithm["name"], string>> = {
  erm: "ERM",
  coral: "CORAL",
  irm: "IRM",
  group_dro: "GroupDRO",
  mixup: "Mixup",
};

/** Default number of samples per domain in a batch, as in DomainBed. */
const SAMPLES_PER_DOMAIN = 32;

/** One training run: an algorithm, a trial, and the held-out domains. */
export interface DomainCell {
  /** Row of the tables. */
  readonly algorithm: string;
  readonly trial: number;
  /** One held-out domain, or two for cross-validation over domains. */
  readonly testDomains: readonly string[];
  readonly config: TrainConfig;
  /** Folder of the run, relative to the folder of the protocol. */
  readonly run: string;
}

export interface CellOptions {
  /** All domains. */
  readonly domains: readonly string[];
  /** Domains to hold out, one at a time. */
  readonly testDomains: readonly string[];
  readonly trials: number;
  /** Default: the setting of each recipe. */
  readonly algorithms?: readonly string[];
  /** Whether to also hold out pairs of domains. */
  readonly crossValidation?: boolean;
}

/**
 * The runs in execution order: by trial, and within a trial by test domain, so that an interrupted
 * protocol already allows comparisons.
 *
 * Trials differ by their seed, for initial weights, batches and splits.
 *
 * @throws UserError (exit code 2) if an algorithm is unknown
 */
export function planCells(configs: readonly TrainConfig[], options: CellOptions): DomainCell[] {
  const { domains, testDomains, trials, crossValidation = false } = options;
  const rows = configs.flatMap((config) =>
    algorithmsOf(config, options.algorithms).map((algorithm) => ({ config, algorithm })),
  );
  const title = titles(rows);
  const left = [
    ...testDomains.map((domain) => [domain]),
    ...(crossValidation ? pairs(testDomains, domains) : []),
  ];
  const cells: DomainCell[] = [];
  for (let trial = 0; trial < trials; trial++) {
    for (const out of left) {
      for (const [r, { config, algorithm }] of rows.entries()) {
        const place = out.map(folderName).join("+");
        const names = [config.recipe, algorithm.name].map(folderName);
        cells.push({
          algorithm: title[r]!,
          trial,
          testDomains: out,
          config: cellConfig(config, algorithm, trial, out),
          run: join(...names, `without-${place}`, `trial-${trial}`),
        });
      }
    }
  }
  return cells;
}

/** Escapes any name for a path, such as `_2B90_25` for `+90%`. */
function folderName(name: string): string {
  return encodeURIComponent(name).replaceAll("%", "_");
}

function cellConfig(
  config: TrainConfig,
  algorithm: DomainAlgorithm,
  trial: number,
  out: readonly string[],
): TrainConfig {
  const { train } = config;
  const data = config.data as TrainConfig["data"] & {
    domains?: readonly string[];
    splitSeed?: number;
  };
  const { samplesPerDomain = SAMPLES_PER_DOMAIN } = train;
  return {
    ...config,
    seed: config.seed + trial,
    data: {
      ...data,
      testDomains: out,
      ...(data.domains && { domains: data.domains.filter((one) => !out.includes(one)) }),
      ...(!datasets.get(data.name).generated && { splitSeed: (data.splitSeed ?? 0) + trial }),
    } as TrainConfig["data"],
    train: { ...train, samplesPerDomain, algorithm },
  };
}

/** The named algorithms with the settings of the recipe if present, otherwise DomainBed's. */
function algorithmsOf(config: TrainConfig, names?: readonly string[]): DomainAlgorithm[] {
  const own = config.train.algorithm;
  return (names ?? [own?.name ?? "erm"]).map((name) => {
    if (own?.name === name) return own;
    const parsed = algorithmSchema.safeParse({ name });
    if (parsed.success) return fromSnakeCase(parsed.data);
    throw usageError(
      `unknown algorithm "${name}"; known are ${Object.keys(algorithmTitles).join(", ")}`,
    );
  });
}

interface Row {
  readonly config: TrainConfig;
  readonly algorithm: DomainAlgorithm;
}

/** Titles of rows contain only what differs between them. */
function titles(rows: readonly Row[]): string[] {
  const recipes = new Set(rows.map(({ config }) => config.recipe));
  const algorithms = new Set(rows.map(({ algorithm }) => algorithm.name));
  return rows.map(({ config, algorithm }) => {
    const title = algorithmTitles[algorithm.name];
    if (recipes.size === 1) return title;
    return algorithms.size === 1 ? config.recipe : `${config.recipe}, ${title}`;
  });
}

/** All unordered pairs of a test domain and another domain. */
function pairs(testDomains: readonly string[], domains: readonly string[]): string[][] {
  const found = new Map<string, string[]>();
  for (const one of testDomains) {
    for (const other of domains) {
      if (one === other) continue;
      const pair = [one, other].sort();
      found.set(JSON.stringify(pair), pair);
    }
  }
  return [...found.values()];
}
