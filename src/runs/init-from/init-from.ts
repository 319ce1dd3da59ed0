/** Initialises training from stored weights. */
import { notFinite } from "../../formats/finite.ts";
import type { NdArray } from "../../graph/array.ts";
import { UserError, usageError } from "../../graph/errors.ts";
import { matchesPattern } from "../../learn/name-pattern.ts";
import { type ExpertSource, expertsKey, startOfExpert } from "../../moe/surgery/expert-start.ts";
import type { InitFrom, InitSource } from "../../recipe/init-from/init-from-config.ts";
import { upcyclingOf } from "../../recipe/init-from/upcycle-config.ts";
import { denseSources, holderOf, NO_EXPERTS } from "./dense-sources.ts";
import { type FilledPart, type InitTarget, partOf, wholeModel } from "./model-parts.ts";
import { fillPositions, type PositionPlan, positionPlan } from "./positions.ts";
import { readSource } from "./read-source.ts";
import { checkReport, describe, type InitReport, type Mismatch } from "./report.ts";

const HEAD = /(^|\.)head(_dist)?\.(weight|bias)$/;
const TEXT_POSITIONS = /((^|\.)position_embedding\.weight|^text_pos_embed)$/;

/**
 * Copies stored weights into a model by name, from one source or from one per part of the model.
 *
 * timm's vision transformers and folders as on the Hugging Face hub fit unchanged: position embeddings
 * are resampled if the patch grid differs, and with `upcycle` dense layers become experts.
 *
 * @param seed of the training, from which experts draw what distinguishes them
 * @returns a report per source
 * @throws UserError (exit code 2) if `strict` is set and something does not match, or nothing matches
 */
export async function initializeFrom(
  { parts, ...source }: InitFrom,
  target: InitTarget,
  seed: number,
): Promise<InitReport[]> {
  if (parts === undefined) return [await fill(source, wholeModel(target), "init_from", seed)];
  const reports: InitReport[] = [];
  for (const [part, settings] of Object.entries(parts)) {
    reports.push(await fill(settings, partOf(target, part), `init_from.parts.${part}`, seed));
  }
  return reports;
}

async function fill(
  settings: InitSource,
  target: FilledPart,
  key: string,
  seed: number,
): Promise<InitReport> {
  const { tensors: targets, nameOf } = target;
  const isChosen = (name: string): boolean => chooses(settings, nameOf(name));
  const read = await readSource(settings, key, target, isChosen);
  const { path, at, tensors: stored, encoders } = read;
  const [encoder] = encoders;
  const upcycling = upcyclingOf(settings.upcycle);
  const start = { ...upcycling, key: expertsKey(seed) };
  const experts = upcycling ? denseSources(read, targets) : NO_EXPERTS;
  const used = new Set<string>();
  const report = {
    ...{ path, at },
    filled: [] as string[],
    upcycled: experts.layers.map((layer) => ({ ...layer, layer: nameOf(layer.layer) })),
    ...(upcycling && { upcycling }),
    resampled: [] as { name: string; from: string; to: string }[],
    skipped: [] as Mismatch[],
    headless: [] as string[],
    missing: [] as string[],
    mismatched: [] as Mismatch[],
    unused: [] as string[],
    leftOut: distinct(read.leftOut),
    differing: distinct(encoders.flatMap((each) => target.differencesFrom(each.settings))),
  };
  for (const [name, tensor] of targets) {
    if (!isChosen(name)) continue;
    const plan = positionPlan(name, stored, targets);
    const expert = experts.sources.get(name);
    const from = plan?.source ?? expert?.dense ?? name;
    const holder = expert === undefined ? read : holderOf(expert, read);
    const source = holder.tensors.get(from);
    const dtype = holder.unreadable.get(from);
    if (dtype !== undefined) {
      throw usageError(
        `${holder.at} ${holder.path}: tensor "${from}" has dtype ${dtype}, which is not read; store it as float32`,
      );
    }
    if (source === undefined) {
      const headless = encoder?.kind === "encoder" && HEAD.test(name);
      if (headless) report.headless.push(nameOf(name));
      else if (!experts.fresh.has(name)) report.missing.push(nameOf(name));
      continue;
    }
    used.add(from);
    checkNumbers(source, from, `${holder.at} ${holder.path}`, key);
    const own = nameOf(name);
    if (plan !== undefined) {
      fillPositions(tensor, source, plan, encoder?.resampling);
      report.filled.push(own);
      if (plan.storedSide !== plan.wantedSide) {
        report.resampled.push({ name: own, ...gridsOf(plan) });
      }
    } else if (describe(source) === describe(tensor) || isLongerTable(name, source, tensor)) {
      const made = expert ? startOfExpert(source, under(expert, own), start) : source;
      tensor.data.set(made.data.subarray(0, tensor.data.length) as never);
      report.filled.push(own);
    } else {
      const mismatch = { name: own, stored: describe(source), wanted: describe(tensor) };
      const otherClasses = HEAD.test(name) && describe(source, 1) === describe(tensor, 1);
      (otherClasses ? report.skipped : report.mismatched).push(mismatch);
    }
  }
  report.unused = [...stored.keys()].filter((name) => isChosen(name) && !used.has(name));
  checkReport(report, settings, key);
  return report;
}

/** The tensor of an expert under its name in the whole model, so that parts draw different numbers. */
function under({ tensor }: ExpertSource, name: string): Pick<ExpertSource, "expert" | "tensor"> {
  return { expert: name.slice(0, -tensor.length - 1), tensor };
}

function distinct(sentences: readonly string[]): string[] {
  return [...new Set(sentences)];
}

/** Whether a table of text positions has more rows than the model, which takes the first of them. */
function isLongerTable(name: string, stored: NdArray, wanted: NdArray): boolean {
  const [rows, width] = stored.shape.slice(-2) as [number, number];
  const [wantedRows, wantedWidth] = wanted.shape.slice(-2) as [number, number];
  const fits = stored.dtype === wanted.dtype && width === wantedWidth && rows >= wantedRows;
  return TEXT_POSITIONS.test(name) && fits;
}

function gridsOf({ storedSide, wantedSide }: PositionPlan): { from: string; to: string } {
  return { from: `${storedSide}x${storedSide}`, to: `${wantedSide}x${wantedSide}` };
}

function chooses({ include, exclude }: InitSource, name: string): boolean {
  const matches = (pattern: string): boolean => matchesPattern(pattern, name);
  return include.some(matches) && !exclude.some(matches);
}

function checkNumbers(tensor: NdArray, name: string, source: string, key: string): void {
  const problem = notFinite(tensor);
  if (problem === undefined) return;
  throw new UserError(
    `${source}: tensor "${name}" is damaged: ${problem}; take weights of an earlier checkpoint, or leave the tensor out with ${key}.exclude`,
  );
}
