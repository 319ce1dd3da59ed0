/** Initialises training from stored weights. */
import { notFinite } from "../../formats/finite.ts";
import type { NdArray } from "../../graph/array.ts";
import { UserError, usageError } from "../../graph/errors.ts";
import { matchesPattern } from "../../learn/name-pattern.ts";
import { below, expertLayers, expertTensor, type Tensors } from "../../moe/surgery/layout.ts";
import type { InitFrom } from "../../recipe/init-from-config.ts";
import { fillPositions, type PositionPlan, positionPlan } from "./positions.ts";
import { readStoredWeights } from "./stored-weights.ts";

/** The result of the initialisation, by parameter name. */
export interface InitReport {
  /** The file that was read. */
  readonly path: string;
  readonly filled: readonly string[];
  /** Layers whose experts start as copies of a dense layer, with the name of the dense layer. */
  readonly upcycled: readonly { layer: string; numExperts: number; from: string }[];
  /** Resampled position embeddings; their names are also in `filled`. */
  readonly resampled: readonly { name: string; from: string; to: string }[];
  /** Heads with another number of classes, which are freshly initialised. */
  readonly skipped: readonly Mismatch[];
  /** Selected parameters without a counterpart in the file. */
  readonly missing: readonly string[];
  /** Parameters whose counterpart has another shape or type. */
  readonly mismatched: readonly Mismatch[];
  /** Tensors in the file that the model does not use. */
  readonly unused: readonly string[];
}

export interface Mismatch {
  readonly name: string;
  readonly stored: string;
  readonly wanted: string;
}

const HEAD = /(^|\.)head(_dist)?\.(weight|bias)$/;

/**
 * Copies stored weights into a model by name. timm's vision transformers fit unchanged: position
 * embeddings are resampled if the patch grid differs, and with `upcycle` dense layers become experts.
 *
 * @param targets parameters and states of the model
 * @throws UserError if `strict` is set and a tensor does not match, or if nothing matches
 */
export async function initializeFrom(settings: InitFrom, targets: Tensors): Promise<InitReport> {
  const read = await readStoredWeights(settings.path);
  const { path } = read;
  const stored = renamed(read.tensors, settings, path);
  const unreadable = renamed(read.unreadable, settings, path);
  const experts = settings.upcycle ? denseSources(stored, targets) : NO_EXPERTS;
  const used = new Set<string>();
  const report = {
    path,
    filled: [] as string[],
    upcycled: experts.layers,
    resampled: [] as { name: string; from: string; to: string }[],
    skipped: [] as Mismatch[],
    missing: [] as string[],
    mismatched: [] as Mismatch[],
    unused: [] as string[],
  };
  for (const [name, target] of targets) {
    if (!isChosen(name, settings)) continue;
    const plan = positionPlan(name, stored, targets);
    const from = plan?.source ?? experts.sources.get(name) ?? name;
    const source = stored.get(from);
    const dtype = unreadable.get(from);
    if (dtype !== undefined) {
      throw usageError(
        `init_from.path ${path}: tensor "${from}" has dtype ${dtype}, which is not read; store it as float32`,
      );
    }
    if (source === undefined) {
      if (!experts.fresh.has(name)) report.missing.push(name);
      continue;
    }
    used.add(from);
    checkNumbers(source, from, path);
    if (plan !== undefined) {
      fillPositions(target, source, plan);
      report.filled.push(name);
      if (plan.storedSide !== plan.wantedSide) report.resampled.push({ name, ...gridsOf(plan) });
    } else if (describe(source) === describe(target)) {
      target.data.set(source.data as never);
      report.filled.push(name);
    } else {
      const mismatch = { name, stored: describe(source), wanted: describe(target) };
      const otherClasses = HEAD.test(name) && describe(source, 1) === describe(target, 1);
      (otherClasses ? report.skipped : report.mismatched).push(mismatch);
    }
  }
  report.unused = [...stored.keys()].filter((name) => isChosen(name, settings) && !used.has(name));
  checkReport(report, settings);
  return report;
}

interface DenseSources {
  /** Maps every expert tensor to the dense tensor that it copies. */
  readonly sources: ReadonlyMap<string, string>;
  /** Router tensors of these layers, which a dense file does not contain. */
  readonly fresh: ReadonlySet<string>;
  readonly layers: InitReport["upcycled"];
}

const NO_EXPERTS: DenseSources = { sources: new Map(), fresh: new Set(), layers: [] };

/**
 * Layers with experts in the model and a dense counterpart in the file: `blocks.0.moe`,
 * `blocks.0.mlp`.
 */
function denseSources(stored: Tensors, targets: Tensors): DenseSources {
  const sources = new Map<string, string>();
  const fresh = new Set<string>();
  const layers: { layer: string; numExperts: number; from: string }[] = [];
  for (const { path, numExperts, expertTensors } of expertLayers(targets)) {
    const from = path.replace(/moe$/, "mlp");
    const hasExperts = expertTensors.some((tensor) => stored.has(expertTensor(path, 0, tensor)));
    const isDense = expertTensors.some((tensor) => stored.has(below(from, tensor)));
    if (hasExperts || !isDense) continue;
    layers.push({ layer: path, numExperts, from });
    for (const tensor of expertTensors) {
      for (let e = 0; e < numExperts; e++) {
        sources.set(expertTensor(path, e, tensor), below(from, tensor));
      }
    }
    for (const name of targets.keys()) {
      if (name.startsWith(below(path, "router."))) fresh.add(name);
    }
  }
  return { sources, fresh, layers };
}

function gridsOf({ storedSide, wantedSide }: PositionPlan): { from: string; to: string } {
  return { from: `${storedSide}x${storedSide}`, to: `${wantedSide}x${wantedSide}` };
}

/** The report as lines for users. */
export function describeInit(report: InitReport): string[] {
  const { path, filled, upcycled, resampled, skipped, missing, mismatched, unused } = report;
  const some = (names: readonly string[]): string =>
    names.length <= 4
      ? names.join(", ")
      : `${names.slice(0, 4).join(", ")} and ${names.length - 4} more`;
  const lines = [
    `${filled.length} ${filled.length === 1 ? "tensor starts" : "tensors start"} from the weights of ${path}`,
  ];
  for (const { layer, numExperts, from } of upcycled) {
    lines.push(
      `the ${numExperts} experts of ${layer} start as copies of ${from}; its router is freshly initialised`,
    );
  }
  for (const { name, from, to } of resampled) {
    lines.push(`${name} is resampled from ${from} to ${to} patches`);
  }
  for (const { name, stored, wanted } of skipped) {
    lines.push(`${name} is freshly initialised: the file has ${stored}, the model ${wanted}`);
  }
  if (missing.length > 0) lines.push(`missing in the file: ${some(missing)}`);
  for (const { name, stored, wanted } of mismatched) {
    lines.push(`${name} is ${stored} in the file and ${wanted} in the model`);
  }
  if (unused.length > 0) lines.push(`not used from the file: ${some(unused)}`);
  return lines;
}

function checkReport(report: InitReport, { strict, path }: InitFrom): void {
  const { filled, missing, mismatched, unused } = report;
  const fits = missing.length + mismatched.length + unused.length === 0;
  if (filled.length > 0 && (fits || !strict)) return;
  const advice =
    filled.length === 0
      ? "use init_from.rename to map names"
      : "set init_from.strict to false, or include, exclude or rename";
  const none = { filled: [], upcycled: [], resampled: [], skipped: [] };
  const [, ...problems] = describeInit({ ...report, ...none });
  throw usageError(`init_from.path ${path}: ${problems.join("; ")}; ${advice}`);
}

/** Stored tensors under their names in the model. */
function renamed<Value>(
  stored: ReadonlyMap<string, Value>,
  { rename }: InitFrom,
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

function isChosen(name: string, { include, exclude }: InitFrom): boolean {
  const matches = (pattern: string): boolean => matchesPattern(pattern, name);
  return include.some(matches) && !exclude.some(matches);
}

function checkNumbers(tensor: NdArray, name: string, path: string): void {
  const problem = notFinite(tensor);
  if (problem === undefined) return;
  throw new UserError(
    `init_from.path ${path}: tensor "${name}" is damaged: ${problem}; take weights of an earlier checkpoint, or leave the tensor out with init_from.exclude`,
  );
}

/** Element type and shape from axis `from` on. */
function describe({ dtype, shape }: NdArray, from = 0): string {
  return `${dtype} [${shape.slice(from).join(", ")}]`;
}
