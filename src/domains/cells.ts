/** The training runs that a protocol consists of. */
import { join } from "node:path";
import { fromSnakeCase } from "../config/case.ts";
import { usageError } from "../graph/errors.ts";
import type { TrainConfig } from "../recipe/config.ts";
import { algorithmSchema } from "../tasks/classification/algorithm-config.ts";
import type { DomainAlgorithm } from "../tasks/classification/domain-objective.ts";

/** The algorithms as tables name them. */
export const algorithmTitles: Readonly<Record<DomainAlgorithm["name"], string>> = {
  erm: "ERM",
  coral: "CORAL",
  irm: "IRM",
  group_dro: "GroupDRO",
  mixup: "Mixup",
};

/** Samples of each domain in a batch where the recipe does not say, as in DomainBed. */
const SAMPLES_PER_DOMAIN = 32;

/** One training run: a row of the tables, a trial, and what is left out. */
export interface DomainCell {
  /** The row. */
  readonly algorithm: string;
  readonly trial: number;
  /** One, or two for cross-validation over domains. */
  readonly testDomains: readonly string[];
  readonly config: TrainConfig;
  /** Folder of the run within that of the protocol. */
  readonly run: string;
}

export interface CellOptions {
  /** All domains. */
  readonly domains: readonly string[];
  /** Those that are left out, one at a time. */
  readonly testDomains: readonly string[];
  readonly trials: number;
  /** By default that of each recipe. */
  readonly algorithms?: readonly string[];
  /** Whether pairs of domains are left out as well. */
  readonly crossValidation?: boolean;
}

/**
 * The runs in the order in which they are made: trial by trial, and within a trial every test domain,
 * so that what is there after an interruption compares.
 *
 * Trials differ by their seed: that of the first weights and batches, and that of the splits.
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

/** Any name as part of a path: such as `_2B90_25` for `+90%`. */
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
      ...(data.name !== "shapes" && { splitSeed: (data.splitSeed ?? 0) + trial }),
    } as TrainConfig["data"],
    train: { ...train, samplesPerDomain, algorithm },
  };
}

/** The named algorithms with the recipe's settings where it has some, else with DomainBed's. */
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

/** Rows are called after what tells them apart. */
function titles(rows: readonly Row[]): string[] {
  const recipes = new Set(rows.map(({ config }) => config.recipe));
  const algorithms = new Set(rows.map(({ algorithm }) => algorithm.name));
  return rows.map(({ config, algorithm }) => {
    const title = algorithmTitles[algorithm.name];
    if (recipes.size === 1) return title;
    return algorithms.size === 1 ? config.recipe : `${config.recipe}, ${title}`;
  });
}

/** Every test domain with every other domain, each pair once. */
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
