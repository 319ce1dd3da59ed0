/** Compares the routing of two checkpoints on the same batches. */

import { basename, dirname, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Split } from "../data/dataset.ts";
import type { Loader } from "../data/loader.ts";
import type { Tokenizer } from "../data/tokenizers/index.ts";
import { defined } from "../graph/defined.ts";
import { UserError, usageError } from "../graph/errors.ts";
import { compareChoices, type LayerChoices } from "../inspect/statistics/choices.ts";
import type { LayerAgreement } from "../inspect/types/routing.ts";
import { createEvaluator } from "../learn/evaluator.ts";
import type { ProgressSink } from "../learn/progress.ts";
import { isRoutingTap, statisticsParts } from "../moe/routing-taps.ts";
import { createTask } from "../recipe/create-task.ts";
import { transformSpecs } from "../recipe/data-specs.ts";
import { openSplit } from "../recipe/open-data.ts";
import { sessionOptions } from "../recipe/session-options.ts";
import { openRunTokenizer, prepareTokenizer } from "../recipe/tokenizer.ts";
import { type OpenedRun, openRun } from "../runs/open-run.ts";
import { readWeights } from "../runs/state-files.ts";
import { defaultRuntime } from "../runtime/default-runtime.ts";
import { recordChoices } from "../tasks/routing/record-choices.ts";
import { requireSplit } from "./evaluate-run.ts";

export interface CompareRoutingOptions {
  /** `train`, `validation` or `test`. */
  readonly split: string;
  readonly progress: ProgressSink;
}

export interface ComparedRouting {
  readonly split: Split;
  readonly first: { readonly path: string; readonly step: number };
  readonly second: { readonly path: string; readonly step: number };
  /** The layers that both checkpoints have. */
  readonly layers: readonly LayerAgreement[];
}

/**
 * Routing agreement of two checkpoints on the same tokens. Both read the data of the first.
 *
 * @param first a run directory (its best checkpoint) or a checkpoint
 * @throws UserError (exit code 2) if the two have different inputs or no layer in common
 */
export async function compareRouting(
  first: string,
  second: string,
  { split: name, progress }: CompareRoutingOptions,
): Promise<ComparedRouting> {
  const split = requireSplit(name);
  const [ours, theirs] = [await openCheckpoint(first), await openCheckpoint(second)];
  const difference = differentInput(ours, theirs);
  if (difference !== undefined) {
    throw usageError(
      `${first} and ${second} cannot read the same batches: they differ in ${difference}; compare runs of the same data`,
    );
  }
  const tokenizer = ours.tokenizer ?? (await prepareTokenizer(ours.config));
  const data = { training: false, progress, ...defined({ tokenizer }) };
  const loader = await openSplit(ours.config, split, data);
  try {
    const { batchSize } = ours.config.train;
    const opened = tokenizer && (await openRunTokenizer(ours.config, tokenizer));
    const source: Source = { loader, batchSize, progress, ...(opened && { tokenizer: opened }) };
    const a = await choicesOf(ours, source, first);
    const b = await choicesOf(theirs, source, second);
    return {
      split,
      first: { path: first, step: ours.checkpoint.step },
      second: { path: second, step: theirs.checkpoint.step },
      layers: requireLayers(a, b, first, second),
    };
  } finally {
    await loader.dispose();
  }
}

/** A run with its best checkpoint, or with the checkpoint at `path`. */
async function openCheckpoint(path: string): Promise<OpenedRun> {
  const folder = dirname(resolve(path));
  if (basename(folder) !== "checkpoints") return openRun(path);
  const run = dirname(folder);
  const step = Number(basename(resolve(path)));
  return openRun(run, step);
}

/** The first setting in which the inputs of two models differ. */
function differentInput(first: OpenedRun, second: OpenedRun): string | undefined {
  const forms = [first, second].map(({ config: { data, model }, tokenizer }) => ({
    "data.name": data.name,
    "the preparation of images": transformSpecs(data, false),
    "their tokenizers": tokenizer ?? ("tokenizer" in data ? data.tokenizer : undefined),
    "their context lengths":
      ("contextLength" in data ? data.contextLength : undefined) ??
      ("contextLength" in model ? model.contextLength : undefined),
  }));
  const names = Object.keys(forms[0]!) as (keyof (typeof forms)[0])[];
  return names.find((name) => !isDeepStrictEqual(forms[0]![name], forms[1]![name]));
}

/** The data that both models read. */
interface Source {
  readonly loader: Loader;
  readonly batchSize: number;
  readonly tokenizer?: Tokenizer;
  readonly progress: ProgressSink;
}

async function choicesOf(
  { config, checkpoint }: OpenedRun,
  { loader, batchSize, tokenizer, progress }: Source,
  label: string,
): Promise<LayerChoices[]> {
  const { dataset, fields } = loader;
  const task = createTask(config, { dataset, fields, ...(tokenizer && { tokenizer }) });
  const weights = await readWeights(checkpoint.path, config.train.emaDecay !== undefined);
  const evaluator = await createEvaluator(task.objective, {
    runtime: defaultRuntime(),
    session: sessionOptions(config.runtime),
    weights: (name) => {
      const found = weights.get(name);
      if (found !== undefined) return found;
      throw new UserError(`${checkpoint.path} belongs to another model: it has no tensor ${name}`);
    },
    fields,
    batchSize,
    outputs: (name) => isRoutingTap(name, statisticsParts),
  });
  try {
    let done = 0;
    return await recordChoices(evaluator, loader, () => {
      done += 1;
      progress.update({ label: `${label} batch`, done, total: loader.batchesPerEpoch });
    });
  } finally {
    evaluator.dispose();
  }
}

function requireLayers(
  a: readonly LayerChoices[],
  b: readonly LayerChoices[],
  first: string,
  second: string,
): LayerAgreement[] {
  let layers: LayerAgreement[];
  try {
    layers = compareChoices(a, b);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw usageError(`${cause.message}; compare models that cut their inputs alike`, { cause });
  }
  if (layers.length > 0) return layers;
  const names = (side: readonly LayerChoices[]): string =>
    side.map(({ layer }) => layer).join(", ") || "none";
  throw usageError(
    `${first} and ${second} have no layer with experts in common: ${names(a)} and ${names(b)}`,
  );
}
