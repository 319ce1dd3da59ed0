/** What the initialisation of a model from stored weights did. */
import type { NdArray } from "../../graph/array.ts";
import { usageError } from "../../graph/errors.ts";
import type { InitSource } from "../../recipe/init-from/init-from-config.ts";
import type { Upcycling } from "../../recipe/init-from/upcycle-config.ts";

/** The result of the initialisation, by parameter name. */
export interface InitReport {
  /** The file or folder that was read. */
  readonly path: string;
  /** Key of the source in the recipe. */
  readonly at: string;
  readonly filled: readonly string[];
  /** Layers whose experts start from a dense layer, with the name of the dense layer. */
  readonly upcycled: readonly { layer: string; numExperts: number; from: string }[];
  /** How these experts start. */
  readonly upcycling?: Upcycling;
  /** Resampled position embeddings; their names are also in `filled`. */
  readonly resampled: readonly { name: string; from: string; to: string }[];
  /** Heads with another number of classes, which are freshly initialised. */
  readonly skipped: readonly Mismatch[];
  /** Heads that an encoder does not have, which are freshly initialised. */
  readonly headless: readonly string[];
  /** Selected parameters without a counterpart in the file. */
  readonly missing: readonly string[];
  /** Parameters whose counterpart has another shape or type. */
  readonly mismatched: readonly Mismatch[];
  /** Tensors in the file that the model does not use. */
  readonly unused: readonly string[];
  /** Tensors of the checkpoint that are no part of the model, such as heads of the pre-training. */
  readonly leftOut: readonly string[];
  /** Settings of the model with which the weights compute something else than the checkpoint. */
  readonly differing: readonly string[];
}

export interface Mismatch {
  readonly name: string;
  readonly stored: string;
  readonly wanted: string;
}

/** The report as lines for users. */
export function describeInit(report: InitReport): string[] {
  const { path, filled, upcycled, resampled, skipped, missing, mismatched, unused } = report;
  const { headless, leftOut, differing } = report;
  const some = (names: readonly string[]): string =>
    names.length <= 4
      ? names.join(", ")
      : `${names.slice(0, 4).join(", ")} and ${names.length - 4} more`;
  const lines = [
    `${filled.length} ${filled.length === 1 ? "tensor starts" : "tensors start"} from the weights of ${path}`,
  ];
  for (const { layer, numExperts, from } of upcycled) {
    lines.push(
      `the ${numExperts} experts of ${layer} start as copies of ${from}${startOf(report.upcycling)}; its router is freshly initialised`,
    );
  }
  for (const { name, from, to } of resampled) {
    lines.push(`${name} is resampled from ${from} to ${to} patches`);
  }
  for (const { name, stored, wanted } of skipped) {
    lines.push(`${name} is freshly initialised: the file has ${stored}, the model ${wanted}`);
  }
  if (headless.length > 0)
    lines.push(`freshly initialised, as an encoder has no head: ${some(headless)}`);
  if (leftOut.length > 0) lines.push(`no part of the model: ${some(leftOut)}`);
  lines.push(...differing);
  if (missing.length > 0) lines.push(`missing in the file: ${some(missing)}`);
  for (const { name, stored, wanted } of mismatched) {
    lines.push(`${name} is ${stored} in the file and ${wanted} in the model`);
  }
  if (unused.length > 0) lines.push(`not used from the file: ${some(unused)}`);
  return lines;
}

/** What distinguishes experts at the start, as the end of a sentence. */
function startOf({ drop, noise, sources }: Upcycling = { drop: 0, noise: 0, sources: [] }): string {
  return [
    sources.length > 0 && ` in ${sources.join(", ")} in turn`,
    drop > 0 && `, with ${Number((100 * drop).toPrecision(3))} % of their hidden units drawn anew`,
    noise > 0 && `, with noise of ${noise} times their root mean square`,
  ]
    .filter(Boolean)
    .join("");
}

/** Element type and shape from axis `from` on. */
export function describe({ dtype, shape }: NdArray, from = 0): string {
  return `${dtype} [${shape.slice(from).join(", ")}]`;
}

/**
 * Checks that a source fits.
 *
 * @throws UserError (exit code 2) if nothing was filled, or not everything and `strict` is set
 */
export function checkReport(report: InitReport, { strict, path }: InitSource, key: string): void {
  const named = path ?? report.path;
  const { filled, missing, mismatched, unused, differing } = report;
  const fits = missing.length + mismatched.length + unused.length + differing.length === 0;
  if (filled.length > 0 && (fits || !strict)) return;
  const advice =
    filled.length === 0
      ? `use ${key}.rename to map names`
      : `set ${key}.strict to false, or include, exclude or rename`;
  const none = { filled: [], upcycled: [], resampled: [], skipped: [], headless: [], leftOut: [] };
  const [, ...problems] = describeInit({ ...report, ...none });
  throw usageError(`${report.at} ${named}: ${problems.join("; ")}; ${advice}`);
}
