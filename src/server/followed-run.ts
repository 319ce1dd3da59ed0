/** One run directory, reread while it changes. */
import { existsSync } from "node:fs";
import { MAX_RECORD_LENGTH } from "../inspect/record/record-codec.ts";
import type { StoredSummary } from "../inspect/types/run-record.ts";
import type { MetricTable, RunEntry, RunState, RunView } from "../inspect/types/view.ts";
import { systems } from "../models/systems.ts";
import { openInside } from "./inside.ts";
import { lastScores, metricTable } from "./metric-table.ts";
import { followMetrics, type MetricsFollower } from "./metrics-follower.ts";
import { type ModelReader, modelReader, pluginsToTrust } from "./model-files.ts";
import { checkpointEntries, configReader, summaryReader, trainingState } from "./run-files.ts";

/** A run on another host counts as training if its metrics are newer than this, milliseconds. */
const ELSEWHERE_MS = 120_000;

export interface FollowedRun {
  readonly id: string;
  /** Path of its directory, relative to the given one. */
  readonly name: string;
  /** Its directory. */
  readonly path: string;
  readonly metrics: MetricsFollower;
  readonly model: ModelReader;
  /** Whether its directory exists. */
  exists(): boolean;
  /**
   * Its list entry; metrics not read before `until` (`performance.now()`) are left for the next call.
   */
  entry(until?: number): Promise<RunEntry>;
  view(): Promise<RunView>;
  table(): Promise<MetricTable>;
}

/** A run directory and its id. */
export type NamedRun = Pick<FollowedRun, "id" | "name" | "path">;

export function followRun({ id, name, path }: NamedRun): FollowedRun {
  const metrics = followMetrics(path);
  const model = modelReader(path);
  const readConfig = configReader(path);
  const readSummary = summaryReader(path);
  let scores: { readonly key: string; readonly value: Record<string, number> } | undefined;
  let table: MetricTable | undefined;

  const scoresOf = (): Record<string, number> => {
    const key = `${metrics.generation} ${metrics.log.count}`;
    if (scores?.key !== key) scores = { key, value: lastScores(metrics.log) };
    return scores.value;
  };

  const read = async (until?: number) => {
    await metrics.catchUp(until);
    const [config, summary, holder] = [
      await readConfig(),
      await readSummary(),
      await trainingState(path),
    ];
    const { model, recipe, seed } = asObject(config.value);
    const system = textOr(asObject(model).system, "");
    const definition = systems.find(system);
    const predictsTokens = definition?.predictsTokens ?? definition?.languageModel !== undefined;
    const last = metrics.log.last();
    const told = summary.value ?? {};
    const step = last?.step ?? told.steps ?? 0;
    const entry: RunEntry = {
      id,
      name,
      recipe: textOr(recipe, told.recipe ?? ""),
      system,
      pages: definition?.pages ?? null,
      seed: typeof seed === "number" ? seed : (told.seed ?? null),
      state: stateOf(holder, told, step, metrics.modified),
      step,
      changed: metrics.modified,
      seconds: last?.seconds ?? told.train_seconds ?? 0,
      parameters: told.parameters ?? null,
      predictsTokens,
      scores: named({ ...summaryScores(told), ...scoresOf() }, predictsTokens),
      problems: [
        ...[config, summary].flatMap(({ problem }) => problem ?? []),
        ...pluginsToTrust(config.value).map(
          (plugin) =>
            `its plug-in ${plugin.slice(0, 1000)} is not loaded, so its model cannot be used; pass --plugin ${plugin.slice(0, 1000)} to moesaic inspect if you trust it`,
        ),
      ],
    };
    return { entry, config: config.value ?? null, summary: told };
  };

  return {
    id,
    name,
    path,
    metrics,
    model,
    exists: () => existsSync(path),
    entry: (until) =>
      read(until).then(
        ({ entry }) => entry,
        (error: unknown) => unreadable({ id, name, path }, error),
      ),
    async view() {
      const { entry, config, summary } = await read();
      const checkpoints = await checkpointEntries(path);
      await using record = await openInside(path, "record.json");
      return {
        ...entry,
        config,
        summary,
        checkpoints,
        hasRecord: record !== undefined && record.size <= MAX_RECORD_LENGTH,
        hasModel: await model.available(),
      };
    },
    async table() {
      await metrics.catchUp();
      const made = metricTable(metrics, table);
      table = made;
      return made;
    },
  };
}

/** A run is finished if its summary is of its last step; a resumed run without a new summary is not. */
function stateOf(
  holder: "alive" | "gone" | "elsewhere",
  { steps, validation }: StoredSummary,
  step: number,
  changed: number,
): RunState {
  if (holder === "alive") return "training";
  const finished = validation !== undefined && (steps ?? 0) >= step;
  if (holder === "elsewhere" && !finished && Date.now() - changed < ELSEWHERE_MS) return "training";
  return finished ? "finished" : "stopped";
}

/** The entry of a run whose files cannot be read. */
function unreadable({ id, name }: NamedRun, error: unknown): RunEntry {
  return {
    ...{ id, name, recipe: "", system: "", pages: null, seed: null, state: "stopped" as const },
    ...{ step: 0, changed: 0, seconds: 0, parameters: null, predictsTokens: false, scores: {} },
    problems: [`it cannot be read: ${(error as Error).message}`],
  };
}

/** Scores by the names that readers see: an accuracy of next tokens is none of classes. */
function named(
  scores: Readonly<Record<string, number>>,
  predictsTokens: boolean,
): Record<string, number> {
  const entries = Object.entries(scores).map(([name, value]) => [
    predictsTokens ? name.replace(/\/accuracy$/, "/next_token_accuracy") : name,
    value,
  ]);
  return Object.fromEntries(entries);
}

/** Scores from the summary, used until the metrics have been read. */
function summaryScores({ validation = {}, test = {} }: StoredSummary): Record<string, number> {
  const named = Object.entries({ validation, test }).flatMap(([split, scores]) =>
    Object.entries(scores).map(([name, value]) => [`${split}/${name}`, value] as const),
  );
  return Object.fromEntries(named.filter(([, value]) => Number.isFinite(value)));
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function textOr(value: unknown, other: string): string {
  return typeof value === "string" ? value.slice(0, 1000) : other;
}
