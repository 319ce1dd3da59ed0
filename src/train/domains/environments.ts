/** Scores of the in and out split of every domain during training, as DomainBed records them. */
import type { Batch } from "../../data/batches/batch.ts";
import type { Split } from "../../data/dataset.ts";
import { createLoader, type Loader } from "../../data/loader.ts";
import { datasets } from "../../data/registry.ts";
import type { NdArray } from "../../graph/array.ts";
import { UserError, usageError } from "../../graph/errors.ts";
import type { BatchSource } from "../../learn/evaluator.ts";
import type { TrainConfig } from "../../recipe/config.ts";
import { datasetSpec, transformSpecs } from "../../recipe/data-specs.ts";
import type { Validator } from "../loop.ts";
import type { Training } from "../setup.ts";
import { accuracyName, DOMAIN_ACCURACY } from "./accuracy-names.ts";

/** Number of correct answers and of samples, by domain. */
type Counts = Map<string, { right: number; total: number }>;

/**
 * Opens all splits of all domains. `validate` returns `env_<domain>_out_acc` and
 * `env_<domain>_in_acc` of each domain, loss and accuracy over the out splits of the training
 * domains, and `domain_accuracy`, the mean over the training domains. Only `domain_accuracy`
 * chooses the checkpoint; held-out domains do not.
 *
 * @throws UserError (exit code 2) if a domain has no validation samples
 */
export async function openEnvironments(
  training: Pick<Training, "config" | "loader" | "openSplit" | "createEvaluator">,
): Promise<Validator> {
  const { config, loader } = training;
  const seen = trainingDomains(training);
  const held = heldOutDomains(config.data);
  const opened: Loader[] = [];
  const open = async (loading: Promise<Loader>): Promise<Loader> => {
    opened.push(await loading);
    return opened.at(-1)!;
  };
  const dispose = async (): Promise<void> => {
    for (const one of opened) await one.dispose();
  };
  try {
    const validation = await open(training.openSplit("validation"));
    const trainIn = await open(openTrainingIn(training));
    const heldSplits =
      held.length === 0
        ? []
        : ([
            ["out", await open(openDomains(training, held, "validation"))],
            ["in", await open(openDomains(training, held, inSplit(config.data)))],
          ] as const);
    const batchSize = Math.max(...opened.map((one) => one.batchSize));
    const evaluator = await training.createEvaluator((name) => name === "logits", { batchSize });
    const score = async (source: BatchSource, part: "in" | "out") => {
      const counts: Counts = new Map();
      const means = await evaluator.run(source, (outputs, batch) => count(counts, outputs, batch));
      const accuracies = [...counts].map(
        ([domain, { right, total }]) => [accuracyName(domain, part), right / total] as const,
      );
      return { means, accuracies: Object.fromEntries(accuracies) };
    };
    const limit = config.train.inSplitSamples;
    const inBatches =
      limit === undefined ? undefined : Math.ceil(limit / config.train.samplesPerDomain!);
    const trainedIn = first(trainIn, inBatches);
    return {
      async validate() {
        const { means, accuracies: out } = await score(validation, "out");
        const { accuracies: inside } = await score(trainedIn, "in");
        const scores: Record<string, number> = { ...means, ...out, ...inside };
        for (const [part, source] of heldSplits) {
          Object.assign(scores, (await score(source, part)).accuracies);
        }
        const values = seen.map((domain) =>
          requireScore(scores[accuracyName(domain, "out")], domain),
        );
        scores[DOMAIN_ACCURACY] = values.reduce((sum, value) => sum + value, 0) / values.length;
        return { scores, judgedBy: DOMAIN_ACCURACY };
      },
      async dispose() {
        evaluator.dispose();
        await dispose();
      },
    };
  } catch (error) {
    await dispose();
    throw error;
  }

  /** The training images without augmentation. */
  function openTrainingIn({
    config: { data, seed, train },
  }: Pick<Training, "config">): Promise<Loader> {
    const { batchSize, inSplitSamples, samplesPerDomain } = train;
    return createLoader(datasetSpec(data, "train", seed), {
      batchSize,
      dataset: loader.dataset,
      seed,
      transforms: transformSpecs(data, false),
      ...("workers" in data && { workers: data.workers }),
      ...(inSplitSamples !== undefined && {
        samplesPerDomain: samplesPerDomain!,
        shuffle: true,
        training: false,
      }),
    });
  }
}

function requireScore(score: number | undefined, domain: string): number {
  if (score !== undefined) return score;
  throw usageError(
    `the validation split has no sample of the domain ${domain}; raise data.validation_size or data.validation_fraction`,
  );
}

/**
 * The training domains.
 *
 * @throws if the data have no domains
 */
export function trainingDomains({ loader: { dataset } }: Pick<Training, "loader">): string[] {
  const domains = dataset.kind === "image" ? dataset.domains : undefined;
  if (domains === undefined) throw new Error(`${dataset.name} has no domains`);
  return [...domains.names];
}

/** The held-out domains. */
export function heldOutDomains(data: TrainConfig["data"]): readonly string[] {
  return ("testDomains" in data && data.testDomains) || [];
}

/** A split of domains that are not training domains. */
export function openDomains(
  { config, openSplit }: Pick<Training, "config" | "openSplit">,
  domains: readonly string[],
  split: Split,
): Promise<Loader> {
  const { testDomains: _, ...data } = config.data as TrainConfig["data"] & {
    testDomains?: unknown;
  };
  return openSplit(split, { ...data, domains } as TrainConfig["data"]);
}

/** The in split of held-out domains: "test" for generated sets, which shares no scene with training. */
export function inSplit(data: TrainConfig["data"]): Split {
  return datasets.get(data.name).generated ? "test" : "train";
}

/** The first batches of a source; all of them if `batches` is undefined. */
function first(source: Loader, batches: number | undefined): BatchSource {
  if (batches === undefined) return source;
  let left = 0;
  return {
    seek(step, options) {
      source.seek(step, options);
      left = Math.min(batches, source.batchesPerEpoch);
    },
    next: async () => (left-- > 0 ? source.next() : undefined),
  };
}

function count(
  counts: Counts,
  { logits }: Readonly<Record<string, NdArray>>,
  { arrays, domains = [] }: Batch,
): void {
  const [rows, classes] = logits!.shape as [number, number];
  for (let row = 0; row < rows; row++) {
    const scores = logits!.data.subarray(row * classes, (row + 1) * classes) as Float32Array;
    const predicted = scores.indexOf(Math.max(...scores));
    const domain = domains[row];
    if (domain === undefined) throw new UserError(`sample ${row} of a batch has no domain`);
    const one = counts.get(domain) ?? { right: 0, total: 0 };
    one.total += 1;
    if (predicted === Number(arrays.labels!.data[row])) one.right += 1;
    counts.set(domain, one);
  }
}
