/** State and metrics of one run of a protocol. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { configToYaml } from "../config/load.ts";
import type { DomainRecord } from "../evaluate/domains/model-selection.ts";
import { usageError } from "../graph/errors.ts";
import { ignoreMissing } from "../runs/files.ts";
import { metricEvents } from "../runs/metrics/metrics-file.ts";
import { accuracyName } from "../train/domains/accuracy-names.ts";
import type { DomainCell } from "./cells.ts";

export type CellState = "missing" | "started" | "finished";

/**
 * The state of a run.
 *
 * @throws UserError (exit code 2) if it was started with other settings
 */
export async function cellState(folder: string, { config }: DomainCell): Promise<CellState> {
  const read = (name: string) => readFile(join(folder, name), "utf8").catch(ignoreMissing);
  const stored = await read("config.yaml");
  if (stored === undefined) return "missing";
  const [there, here] = [stored.split("\n"), configToYaml(config).split("\n")];
  const at = here.findIndex((line, i) => line !== there[i]);
  if (at >= 0 || here.length !== there.length) {
    const [old, now] = [there[at], here[at]].map((line) => line?.trim() || "nothing");
    throw usageError(
      `${folder} was started with other settings: ${old}, now ${now}; choose another --out, or remove that folder`,
    );
  }
  return (await read("summary.json")) === undefined ? "started" : "finished";
}

/** The scores of each evaluation of a run, from its metrics. */
export async function cellRecords(
  folder: string,
  { algorithm, trial, testDomains }: DomainCell,
  domains: readonly string[],
): Promise<DomainRecord[]> {
  const steps = new Map<number, Map<string, number>>();
  const path = join(folder, "metrics.jsonl");
  for await (const { split, step, name, value } of metricEvents(path)) {
    if (split !== "validation") continue;
    if (!steps.has(step)) steps.set(step, new Map());
    steps.get(step)!.set(name, value);
  }
  const named = (values: ReadonlyMap<string, number>, part: "in" | "out") =>
    Object.fromEntries(
      domains.flatMap((domain) => {
        const value = values.get(accuracyName(domain, part));
        return value === undefined ? [] : [[domain, value]];
      }),
    );
  return [...steps]
    .map(([step, values]) => ({
      algorithm,
      trial,
      testDomains,
      step,
      inAccuracy: named(values, "in"),
      outAccuracy: named(values, "out"),
    }))
    .filter(({ outAccuracy }) => Object.keys(outAccuracy).length > 0);
}
