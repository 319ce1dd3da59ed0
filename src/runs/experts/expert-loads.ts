/** The load of each expert, from the metrics of a run. */
import { join } from "node:path";
import { usageError } from "../../graph/errors.ts";
import type { ExpertLayer } from "../../moe/surgery/layout.ts";
import { metricEvents } from "../metrics/metrics-file.ts";

/** Fraction of the assignments of its layer for each expert, 0 to 1, by layer path. */
export type ExpertLoads = ReadonlyMap<string, readonly number[]>;

/** The last logged loads up to `step`; layers without logged loads are skipped. */
export async function readExpertLoads(
  runDirectory: string,
  layers: readonly ExpertLayer[],
  step: number,
): Promise<ExpertLoads> {
  const latest = new Map<string, number>();
  for await (const event of metricEvents(join(runDirectory, "metrics.jsonl"))) {
    if (event.split === "train" && event.step <= step) latest.set(event.name, event.value);
  }
  const loads = layers.flatMap(({ path, numExperts }) => {
    const values = Array.from({ length: numExperts }, (_, e) =>
      latest.get(`experts/${path}/load_${e}`),
    );
    const known = values.filter((value) => value !== undefined && Number.isFinite(value));
    return known.length === numExperts ? [[path, known as number[]] as const] : [];
  });
  return new Map(loads);
}

/**
 * The loads of a layer.
 *
 * @throws UserError (exit code 2) if the run has logged none
 */
export function requireLoads(loads: ExpertLoads, path: string): readonly number[] {
  const found = loads.get(path);
  if (found !== undefined) return found;
  throw usageError(
    `the run has logged no loads of the experts of ${path} up to this checkpoint; name experts with --experts, or train with a lower train.log_experts_every`,
  );
}

/**
 * The `count` experts with the highest, or lowest, loads; ties go to the lower index.
 *
 * @throws UserError (exit code 2) if there are fewer than `count` experts
 */
export function rankByLoad(
  loads: readonly number[],
  candidates: readonly number[],
  count: number,
  order: "most" | "least",
): number[] {
  if (count > candidates.length) {
    throw usageError(`${count} experts were requested, and there are only ${candidates.length}`);
  }
  const sign = order === "most" ? -1 : 1;
  return candidates.toSorted((a, b) => sign * (loads[a]! - loads[b]!) || a - b).slice(0, count);
}
