/** Begins training with stored weights. */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { decodeSafetensors } from "../../formats/safetensors.ts";
import type { NdArray } from "../../graph/array.ts";
import { usageError } from "../../graph/errors.ts";
import { matchesPattern } from "../../learn/name-pattern.ts";
import { below, expertLayers, expertTensor, type Tensors } from "../../moe/surgery/layout.ts";
import type { InitFrom } from "../../recipe/init-from-config.ts";
import { best, latest, listCheckpoints } from "../checkpoint-store.ts";
import { errorCode } from "../files.ts";
import { fillPositions, type PositionPlan, positionPlan } from "./positions.ts";

/** What became of stored weights, by name. */
export interface InitReport {
  /** The file that was read. */
  readonly path: string;
  readonly filled: readonly string[];
  /** Layers whose experts begin as copies of a dense layer of the file, and the name of that layer. */
  readonly upcycled: readonly { layer: string; numExperts: number; from: string }[];
  /** Positions that were brought from one grid to another; their names are filled too. */
  readonly resampled: readonly { name: string; from: string; to: string }[];
  /** Heads for another number of classes, which begin anew. */
  readonly skipped: readonly Mismatch[];
  /** Parameters that were to be filled and have no counterpart in the file. */
  readonly missing: readonly string[];
  /** Parameters whose counterpart has another shape or type, with both. */
  readonly mismatched: readonly Mismatch[];
  /** Tensors of the file that nothing here has use for. */
  readonly unused: readonly string[];
}

export interface Mismatch {
  readonly name: string;
  readonly stored: string;
  readonly wanted: string;
}

const HEAD = /(^|\.)head(_dist)?\.(weight|bias)$/;

/**
 * Copies stored weights over those of a model, by name. Vision transformers of timm fit as they are:
 * their positions are resampled where the grid of patches differs, and with `upcycle` their dense layers
 * become experts.
 *
 * @param targets parameters and states of the model
 * @throws UserError where `strict` is on and something does not fit, or nothing fits at all
 */
export async function initializeFrom(settings: InitFrom, targets: Tensors): Promise<InitReport> {
  const path = await weightsFile(settings.path);
  const stored = renamed(await readWeights(path), settings, path);
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
    if (source === undefined) {
      if (!experts.fresh.has(name)) report.missing.push(name);
      continue;
    }
    used.add(from);
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
  /** For every tensor of an expert the dense one that it copies. */
  readonly sources: ReadonlyMap<string, string>;
  /** Tensors of the routers of these layers, which the file cannot have. */
  readonly fresh: ReadonlySet<string>;
  readonly layers: InitReport["upcycled"];
}

const NO_EXPERTS: DenseSources = { sources: new Map(), fresh: new Set(), layers: [] };

/** The layers with experts here that are dense there: `blocks.0.moe` and `blocks.0.mlp`. */
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

/** The lines that tell a user what matched. */
export function describeInit(report: InitReport): string[] {
  const { path, filled, upcycled, resampled, skipped, missing, mismatched, unused } = report;
  const some = (names: readonly string[]): string =>
    names.length <= 4
      ? names.join(", ")
      : `${names.slice(0, 4).join(", ")} and ${names.length - 4} more`;
  const lines = [`${filled.length} tensors begin with the weights of ${path}`];
  for (const { layer, numExperts, from } of upcycled) {
    lines.push(`the ${numExperts} experts of ${layer} begin as copies of ${from}, its router anew`);
  }
  for (const { name, from, to } of resampled) {
    lines.push(`${name} is resampled from ${from} to ${to} patches`);
  }
  for (const { name, stored, wanted } of skipped) {
    lines.push(`${name} begins anew: other classes, ${stored} there and ${wanted} here`);
  }
  if (missing.length > 0) lines.push(`${missing.length} have none there: ${some(missing)}`);
  for (const { name, stored, wanted } of mismatched) {
    lines.push(`${name} is ${stored} there and ${wanted} here`);
  }
  if (unused.length > 0) lines.push(`${unused.length} of the file are not used: ${some(unused)}`);
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

async function weightsFile(path: string): Promise<string> {
  let isFolder: boolean;
  try {
    isFolder = (await stat(path)).isDirectory();
  } catch (cause) {
    const reason = errorCode(cause) === "ENOENT" ? "does not exist" : (cause as Error).message;
    throw usageError(`init_from.path ${path} ${reason}`, { cause });
  }
  if (!isFolder) return path;
  const checkpoints = await listCheckpoints(path);
  const chosen = best(checkpoints) ?? latest(checkpoints);
  if (chosen !== undefined) return join(chosen.path, "model.safetensors");
  throw usageError(
    `init_from.path ${path} holds no checkpoint; name a run that was trained, or a safetensors file`,
  );
}

async function readWeights(path: string): Promise<ReadonlyMap<string, NdArray>> {
  try {
    return decodeSafetensors(await readFile(path)).tensors;
  } catch (cause) {
    throw usageError(`init_from.path ${path} cannot be read: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** Stored tensors under the names that they have here. */
function renamed(
  stored: ReadonlyMap<string, NdArray>,
  { rename }: InitFrom,
  path: string,
): ReadonlyMap<string, NdArray> {
  const result = new Map<string, NdArray>();
  for (const [name, tensor] of stored) {
    const rule = rename.find(({ from }) => name.startsWith(from));
    const own = rule === undefined ? name : rule.to + name.slice(rule.from.length);
    if (result.has(own)) {
      throw usageError(`init_from.rename gives two tensors of ${path} the name ${own}`);
    }
    result.set(own, tensor);
  }
  return result;
}

function isChosen(name: string, { include, exclude }: InitFrom): boolean {
  const matches = (pattern: string): boolean => matchesPattern(pattern, name);
  return include.some(matches) && !exclude.some(matches);
}

/** Element type and shape from axis `from` on. */
function describe({ dtype, shape }: NdArray, from = 0): string {
  return `${dtype} [${shape.slice(from).join(", ")}]`;
}
