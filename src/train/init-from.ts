/** Begins training with stored weights. */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { NdArray } from "../graph/array.ts";
import { UserError } from "../graph/errors.ts";
import type { InitFrom } from "./recipe/init-from-config.ts";
import { matchesPattern } from "./recipe/name-pattern.ts";
import { best, latest, listCheckpoints } from "./run/checkpoint-store.ts";
import { errorCode } from "./run/files.ts";
import { decodeSafetensors } from "./run/safetensors.ts";

/** What became of stored weights, by name. */
export interface InitReport {
  /** The file that was read. */
  readonly path: string;
  readonly filled: readonly string[];
  /** Parameters that were to be filled and have no counterpart in the file. */
  readonly missing: readonly string[];
  /** Parameters whose counterpart has another shape or type, with both. */
  readonly mismatched: readonly { name: string; stored: string; wanted: string }[];
  /** Tensors of the file that nothing here has use for. */
  readonly unused: readonly string[];
}

/**
 * Copies stored weights over those of a model, by name.
 *
 * @param targets parameters and states of the model
 * @throws UserError where `strict` is on and something does not fit, or nothing fits at all
 */
export async function initializeFrom(
  settings: InitFrom,
  targets: ReadonlyMap<string, NdArray>,
): Promise<InitReport> {
  const path = await weightsFile(settings.path);
  const stored = renamed(await readWeights(path), settings, path);
  const filled: string[] = [];
  const missing: string[] = [];
  const mismatched: { name: string; stored: string; wanted: string }[] = [];
  for (const [name, target] of targets) {
    if (!isChosen(name, settings)) continue;
    const source = stored.get(name);
    if (source === undefined) missing.push(name);
    else if (describe(source) !== describe(target)) {
      mismatched.push({ name, stored: describe(source), wanted: describe(target) });
    } else {
      target.data.set(source.data as never);
      filled.push(name);
    }
  }
  const unused = [...stored.keys()].filter(
    (name) => isChosen(name, settings) && !targets.has(name),
  );
  const report = { path, filled, missing, mismatched, unused };
  checkReport(report, settings);
  return report;
}

/** The lines that tell a user what matched. */
export function describeInit(report: InitReport): string[] {
  const { path, filled, missing, mismatched, unused } = report;
  const some = (names: readonly string[]): string =>
    names.length <= 4
      ? names.join(", ")
      : `${names.slice(0, 4).join(", ")} and ${names.length - 4} more`;
  const lines = [`${filled.length} tensors begin with the weights of ${path}`];
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
  const [, ...problems] = describeInit(report);
  throw new UserError(`init_from.path ${path}: ${problems.join("; ")}; ${advice}`, { exitCode: 2 });
}

async function weightsFile(path: string): Promise<string> {
  let isFolder: boolean;
  try {
    isFolder = (await stat(path)).isDirectory();
  } catch (cause) {
    const reason = errorCode(cause) === "ENOENT" ? "does not exist" : (cause as Error).message;
    throw new UserError(`init_from.path ${path} ${reason}`, { exitCode: 2, cause });
  }
  if (!isFolder) return path;
  const checkpoints = await listCheckpoints(path);
  const chosen = best(checkpoints) ?? latest(checkpoints);
  if (chosen !== undefined) return join(chosen.path, "model.safetensors");
  throw new UserError(
    `init_from.path ${path} holds no checkpoint; name a run that was trained, or a safetensors file`,
    { exitCode: 2 },
  );
}

async function readWeights(path: string): Promise<ReadonlyMap<string, NdArray>> {
  try {
    return decodeSafetensors(await readFile(path)).tensors;
  } catch (cause) {
    throw new UserError(`init_from.path ${path} cannot be read: ${(cause as Error).message}`, {
      exitCode: 2,
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
      throw new UserError(`init_from.rename gives two tensors of ${path} the name ${own}`, {
        exitCode: 2,
      });
    }
    result.set(own, tensor);
  }
  return result;
}

function isChosen(name: string, { include, exclude }: InitFrom): boolean {
  const matches = (pattern: string): boolean => matchesPattern(pattern, name);
  return include.some(matches) && !exclude.some(matches);
}

function describe({ dtype, shape }: NdArray): string {
  return `${dtype} [${shape.join(", ")}]`;
}
