/** Initialises training from stored weights. */
import { notFinite } from "../../formats/finite.ts";
import type { NdArray } from "../../graph/array.ts";
import { UserError, usageError } from "../../graph/errors.ts";
import { matchesPattern } from "../../learn/name-pattern.ts";
import type { InitFrom, InitSource } from "../../recipe/init-from-config.ts";
import { denseSources, NO_EXPERTS } from "./dense-sources.ts";
import { type FilledPart, type InitTarget, partOf, wholeModel } from "./model-parts.ts";
import { fillPositions, type PositionPlan, positionPlan } from "./positions.ts";
import { checkReport, type InitReport, type Mismatch } from "./report.ts";
import { readStoredWeights } from "./stored-weights.ts";

const HEAD = /(^|\.)head(_dist)?\.(weight|bias)$/;
const TEXT_POSITIONS = /((^|\.)position_embedding\.weight|^text_pos_embed)$/;

/**
 * Copies stored weights into a model by name, from one source or from one per part of the model.
 *
 * timm's vision transformers and folders as on the Hugging Face hub fit unchanged: position embeddings
 * are resampled if the patch grid differs, and with `upcycle` dense layers become experts.
 *
 * @returns a report per source
 * @throws UserError (exit code 2) if `strict` is set and something does not match, or nothing matches
 */
export async function initializeFrom(
  { path, parts, ...options }: InitFrom,
  target: InitTarget,
): Promise<InitReport[]> {
  if (path !== undefined) {
    return [await fill({ ...options, path }, wholeModel(target), "init_from")];
  }
  const reports: InitReport[] = [];
  for (const [part, source] of Object.entries(parts ?? {})) {
    reports.push(await fill(source, partOf(target, part), `init_from.parts.${part}`));
  }
  return reports;
}

async function fill(settings: InitSource, target: FilledPart, key: string): Promise<InitReport> {
  const at = `${key}.path`;
  const read = await readStoredWeights(settings.path, at);
  const { path, encoder } = read;
  const { tensors, others } = encoder
    ? target.choose(read.tensors, encoder.settings)
    : { tensors: read.tensors, others: [] };
  const stored = renamed(tensors, settings, path);
  const unreadable = renamed(read.unreadable, settings, path);
  const { tensors: targets, nameOf } = target;
  const isChosen = (name: string): boolean => chooses(settings, nameOf(name));
  const experts = settings.upcycle ? denseSources(stored, targets) : NO_EXPERTS;
  const used = new Set<string>();
  const report = {
    ...{ path, at },
    filled: [] as string[],
    upcycled: experts.layers.map((layer) => ({ ...layer, layer: nameOf(layer.layer) })),
    resampled: [] as { name: string; from: string; to: string }[],
    skipped: [] as Mismatch[],
    headless: [] as string[],
    missing: [] as string[],
    mismatched: [] as Mismatch[],
    unused: [] as string[],
    leftOut: [...(encoder?.leftOut ?? []), ...others],
    differing: encoder === undefined ? [] : target.differencesFrom(encoder.settings),
  };
  for (const [name, tensor] of targets) {
    if (!isChosen(name)) continue;
    const plan = positionPlan(name, stored, targets);
    const from = plan?.source ?? experts.sources.get(name) ?? name;
    const source = stored.get(from);
    const dtype = unreadable.get(from);
    if (dtype !== undefined) {
      throw usageError(
        `${at} ${path}: tensor "${from}" has dtype ${dtype}, which is not read; store it as float32`,
      );
    }
    if (source === undefined) {
      const headless = encoder?.kind === "encoder" && HEAD.test(name);
      if (headless) report.headless.push(nameOf(name));
      else if (!experts.fresh.has(name)) report.missing.push(nameOf(name));
      continue;
    }
    used.add(from);
    checkNumbers(source, from, `${at} ${path}`, key);
    const own = nameOf(name);
    if (plan !== undefined) {
      fillPositions(tensor, source, plan, encoder?.resampling);
      report.filled.push(own);
      if (plan.storedSide !== plan.wantedSide) {
        report.resampled.push({ name: own, ...gridsOf(plan) });
      }
    } else if (describe(source) === describe(tensor) || isLongerTable(name, source, tensor)) {
      tensor.data.set(source.data.subarray(0, tensor.data.length) as never);
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

/** Stored tensors under their names in the model. */
function renamed<Value>(
  stored: ReadonlyMap<string, Value>,
  { rename }: InitSource,
  path: string,
): ReadonlyMap<string, Value> {
  const result = new Map<string, Value>();
  for (const [name, tensor] of stored) {
    const rule = rename.find(({ from }) => name.startsWith(from));
    const own = rule === undefined ? name : rule.to + name.slice(rule.from.length);
    if (result.has(own)) {
      throw usageError(`init_from.rename maps two tensors of ${path} to ${own}`);
    }
    result.set(own, tensor);
  }
  return result;
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

/** Element type and shape from axis `from` on. */
function describe({ dtype, shape }: NdArray, from = 0): string {
  return `${dtype} [${shape.slice(from).join(", ")}]`;
}
