/** Columns of the table of runs. */
import type { RunEntry } from "../../../src/inspect/view-types.ts";
import { compact, count, duration, figure, percent } from "../../../src/report/format.ts";
import { titleOf, unitOf } from "./curve-groups.ts";

export interface Column {
  readonly key: string;
  readonly title: string;
  /** Of which split. */
  readonly split?: string;
  readonly numeric: boolean;
  readonly show: (run: RunEntry) => string;
  /** What is sorted by; runs without a value come last. */
  readonly of: (run: RunEntry) => string | number | undefined;
}

/** Most columns of scores; those that most runs have come first. */
const mostScores = 3;
const wanted = /\/(accuracy|zero_shot_accuracy|exact_match|loss|bleu4)$/;

/** Columns for these runs: what all have, and the scores that most of them have. */
export function columnsOf(runs: readonly RunEntry[]): Column[] {
  const counts = new Map<string, number>();
  for (const { scores } of runs) {
    for (const name of Object.keys(scores)) {
      if (wanted.test(name)) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  const rank = (name: string): number => Number(name.endsWith("/loss"));
  const scores = [...counts]
    .sort(([a, m], [b, n]) => rank(a) - rank(b) || n - m)
    .slice(0, mostScores);
  return [
    text("name", "Name", (run) => run.name),
    text("state", "State", (run) => run.state),
    ...scores.map(([name]) => scoreColumn(name)),
    number("step", "Step", (run) => run.step, count),
    text("system", "System", (run) => run.system),
    text("recipe", "Recipe", (run) => run.recipe),
    number("parameters", "Parameters", (run) => run.parameters?.total, compact),
    number("seconds", "Time", (run) => run.seconds, duration),
    number("seed", "Seed", (run) => run.seed ?? undefined, String),
    number("changed", "Changed", (run) => run.changed, when),
  ];
}

/** Runs in the order of a column. */
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
    unitOf(metric) === "percent" ? percent(value) : figure(value);
  const of = (run: RunEntry): number | undefined => run.scores[name];
  return { ...number(`score:${name}`, titleOf(metric), of, tell), split };
}

const day = new Intl.DateTimeFormat("en", { day: "numeric", month: "short" });
const time = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hour12: false });

function when(milliseconds: number): string {
  const date = new Date(milliseconds);
  return `${day.format(date)} ${time.format(date)}`;
}
