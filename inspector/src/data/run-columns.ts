/** Columns of the table of runs. */
import type { RunEntry } from "moesaic/inspect";
import {
  formatCompact,
  formatCount,
  formatDuration,
  formatFigure,
  formatPercent,
} from "moesaic/report/browser";
import { titleOf, unitOf } from "./curve-groups.ts";

export interface Column {
  readonly key: string;
  readonly title: string;
  /** The split of the score. */
  readonly split?: string;
  readonly numeric: boolean;
  readonly show: (run: RunEntry) => string;
  /** Sort value; runs without a value come last. */
  readonly of: (run: RunEntry) => string | number | undefined;
}

/** Maximum number of score columns. */
const mostScores = 4;
const wanted = /\/(accuracy|next_token_accuracy|zero_shot_accuracy|exact_match|loss|bleu4)$/;

/** Columns for these runs: common properties, and the scores that cover the most runs. */
export function columnsOf(runs: readonly RunEntry[]): Column[] {
  return [
    text("name", "Name", (run) => run.name),
    text("state", "State", (run) => run.state),
    ...scoreNames(runs).map(scoreColumn),
    number("step", "Step", (run) => run.step, formatCount),
    text("system", "System", (run) => run.system),
    text("recipe", "Recipe", (run) => run.recipe),
    number("parameters", "Parameters", (run) => run.parameters?.total, formatCompact),
    number("seconds", "Time", (run) => run.seconds, formatDuration),
    number("changed", "Changed", (run) => run.changed, when),
  ];
}

/**
 * Greedy selection of the scores that cover the most runs without a selected score; losses come
 * last.
 */
function scoreNames(runs: readonly RunEntry[]): string[] {
  const chosen: string[] = [];
  const candidates = new Set(runs.flatMap(({ scores }) => Object.keys(scores)).filter((name) => wanted.test(name))); // biome-ignore format: one expression
  const worth = (name: string): number => {
    const having = runs.filter(({ scores }) => scores[name] !== undefined);
    const untold = having.filter(({ scores }) =>
      chosen.every((other) => scores[other] === undefined),
    );
    return (
      untold.length * runs.length + having.length - (name.endsWith("/loss") ? runs.length ** 2 : 0)
    );
  };
  while (chosen.length < mostScores && candidates.size > 0) {
    const best = [...candidates].reduce((a, b) => (worth(b) > worth(a) ? b : a));
    chosen.push(best);
    candidates.delete(best);
  }
  return chosen;
}

/** Sorts runs by a column. */
export function sortRuns(
  runs: readonly RunEntry[],
  columns: readonly Column[],
  key: string,
  descending: boolean,
): RunEntry[] {
  const column = columns.find((each) => each.key === key) ?? columns[0]!;
  const sign = descending ? -1 : 1;
  return [...runs].sort((a, b) => {
    const [x, y] = [column.of(a), column.of(b)];
    if (x === undefined || y === undefined)
      return Number(x === undefined) - Number(y === undefined);
    if (typeof x === "number" && typeof y === "number") return sign * (x - y);
    return sign * String(x).localeCompare(String(y), "en", { numeric: true });
  });
}

function text(key: string, title: string, of: (run: RunEntry) => string): Column {
  return { key, title, numeric: false, show: of, of };
}

function number(
  key: string,
  title: string,
  of: (run: RunEntry) => number | undefined,
  tell: (value: number) => string,
): Column {
  const show = (run: RunEntry): string => {
    const value = of(run);
    return value === undefined ? "" : tell(value);
  };
  return { key, title, numeric: true, show, of };
}

function scoreColumn(name: string): Column {
  const [split = "", metric = ""] = name.split("/");
  const tell = (value: number): string =>
    unitOf(metric) === "percent" ? formatPercent(value) : formatFigure(value);
  const of = (run: RunEntry): number | undefined => run.scores[name];
  return { ...number(`score:${name}`, titleOf(metric), of, tell), split };
}

const day = new Intl.DateTimeFormat("en", { day: "numeric", month: "short" });
const time = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hour12: false });

function when(milliseconds: number): string {
  const date = new Date(milliseconds);
  return `${day.format(date)} ${time.format(date)}`;
}
