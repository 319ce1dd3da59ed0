import type { Split } from "../../../data/dataset.ts";
import { type ClassAccuracy, classAccuracy } from "../../../evaluate/class-accuracy.ts";
import { knnVotes } from "../../../evaluate/knn-probe.ts";
import { linearLogits, linearProbe, maxStrengths } from "../../../evaluate/linear-probe.ts";
import { defined } from "../../../graph/defined.ts";
import { usageError } from "../../../graph/errors.ts";
import type { ProgressSink } from "../../../learn/progress.ts";
import { foldIn, key, permutation } from "../../../random/index.ts";
import type { CheckpointChoice } from "../../../runs/checkpoints/choose-checkpoint.ts";
import {
  type EmbeddedImages,
  type OpenedEmbedder,
  openEmbedder,
} from "../../../runs/open-embedder.ts";
import { type Context, printJson } from "../../context.ts";
import { embedHooks, openSource, requireClasses } from "../../image-options.ts";
import type { CommonOptions } from "../../options.ts";
import { createProgress, formatMetric } from "../../progress.ts";
import { printTable } from "../../table.ts";

export interface ProbeOptions extends CommonOptions {
  readonly kind: "linear" | "knn";
  readonly data: string | undefined;
  readonly k: number | undefined;
  readonly temperature: number | undefined;
  readonly maxTrain: number;
  readonly checkpoint: CheckpointChoice;
}

/** Scores on the test images, and the settings of the probe. */
interface Probed {
  readonly accuracy: ClassAccuracy;
  readonly classNames: readonly string[];
  readonly details: Readonly<Record<string, number>>;
}

/**
 * `moesaic probe`: learns classes from the frozen embeddings of images.
 *
 * @throws UserError (exit code 2) for options of knn without `--kind knn`
 */
export async function probeCommand(
  context: Context,
  run: string,
  options: ProbeOptions,
): Promise<number> {
  const { kind, data, k, temperature, maxTrain, checkpoint } = options;
  if (kind === "linear" && (k !== undefined || temperature !== undefined)) {
    throw usageError("--k and --temperature require --kind knn");
  }
  using progress = createProgress(context.err);
  using opened = await openEmbedder(run, { checkpoint });
  const read = { data, maxTrain, progress };
  const probed =
    kind === "linear"
      ? await probeLinear(opened, read)
      : await probeNeighbours(opened, { ...read, ...defined({ k, temperature }) });
  progress.close();
  const { accuracy, classNames, details } = probed;
  const scores = {
    accuracy: accuracy.accuracy,
    ...(accuracy.top5 !== undefined && { top5_accuracy: accuracy.top5 }),
    ...details,
  };
  if (options.json) {
    const { perClass, confusion } = accuracy;
    const { step } = opened.checkpoint;
    printJson(context, {
      ...{ run, step, kind, data: data ?? opened.config.data.name },
      ...scores,
      classes: classNames,
      class_accuracy: perClass,
      confusion,
    });
  } else {
    const rows = Object.entries(scores).map(([name, value]) => [name, formatScore(value)]);
    printTable(context.out, [`${kind} probe`, "test"], rows);
  }
  return 0;
}

function formatScore(value: number): string {
  return Number.isInteger(value) ? String(value) : formatMetric(value);
}

interface ReadOptions {
  readonly data: string | undefined;
  readonly maxTrain: number;
  readonly progress: ProgressSink;
}

async function probeLinear(opened: OpenedEmbedder, options: ReadOptions): Promise<Probed> {
  const { progress } = options;
  const training = await readSplit(opened, "train", options);
  const validation = await readSplit(opened, "validation", options);
  const test = await readSplit(opened, "test", options);
  const { classNames } = training;
  const { classifier, l2 } = linearProbe(training, validation, {
    numClasses: classNames.length,
    onTried: (done) => progress.update({ label: "L2 strength", done, total: maxStrengths }),
  });
  const accuracy = classAccuracy(linearLogits(classifier, test.embeddings), test.labels);
  const details = { train_images: training.labels.length, test_images: test.labels.length, l2 };
  return { accuracy, classNames, details };
}

async function probeNeighbours(
  opened: OpenedEmbedder,
  {
    k = 20,
    temperature = 0.07,
    ...options
  }: ReadOptions & { readonly k?: number; readonly temperature?: number },
): Promise<Probed> {
  const training = await readSplit(opened, "train", options);
  const test = await readSplit(opened, "test", options);
  const { classNames } = training;
  const votes = knnVotes(training.embeddings, training.labels, test.embeddings, {
    numClasses: classNames.length,
    k,
    temperature,
  });
  const details = {
    train_images: training.labels.length,
    test_images: test.labels.length,
    k,
    temperature,
  };
  return { accuracy: classAccuracy(votes, test.labels), classNames, details };
}

/** Embeddings of a split; a training split above `maxTrain` is sampled with the run's seed. */
async function readSplit(
  opened: OpenedEmbedder,
  split: Split,
  { data, maxTrain, progress }: ReadOptions,
): Promise<{
  readonly embeddings: EmbeddedImages;
  readonly labels: Int32Array;
  readonly classNames: readonly string[];
}> {
  const request = { split, classes: true, ...defined({ data }) };
  const source = await openSource(opened, request, progress);
  const { dataset } = source;
  requireClasses(dataset);
  const draws = split === "train" && dataset.length > maxTrain;
  const { seed } = opened.config;
  const order = draws ? permutation(foldIn(key(seed), "probe"), dataset.length) : undefined;
  const embeddings = await opened.embedImages(source, {
    ...embedHooks(progress, `${split} image`),
    ...(order && { indices: Array.from(order.subarray(0, maxTrain)).sort((a, b) => a - b) }),
  });
  return { embeddings, labels: embeddings.labels, classNames: dataset.classNames };
}
