import type { RunEntry } from "moesaic/inspect";
import { expect, test } from "vitest";
import { columnsOf, sortRuns } from "./run-columns.ts";

const run = (name: string, scores: RunEntry["scores"], step = 1): RunEntry => ({
  id: name,
  name,
  recipe: "",
  pages: null,
  system: "",
  seed: null,
  state: "finished",
  step,
  changed: 0,
  seconds: 0,
  parameters: null,
  predictsTokens: false,
  scores,
  problems: [],
});

test("columns cover every run once before any run twice, and losses come last", () => {
  const accuracies = { "validation/accuracy": 0.5, "test/accuracy": 0.4, "test/loss": 1 };
  const runs = [
    run("a", accuracies),
    run("b", accuracies),
    run("c", { "test/zero_shot_accuracy": 0.3, "test/loss": 2, "test/other": 1 }),
  ];
  const scores = columnsOf(runs).filter(({ key }) => key.startsWith("score:"));
  expect(scores.map(({ key }) => key)).toEqual([
    "score:validation/accuracy",
    "score:test/zero_shot_accuracy",
    "score:test/accuracy",
    "score:test/loss",
  ]);
  expect(scores.map(({ title, split }) => `${title}, ${split}`)[1]).toBe(
    "Zero shot accuracy, test",
  );
  expect(scores.map((column) => column.show(runs[2]!))).toEqual(["", "30.0\u202f%", "", "2"]);
});

test("runs without a value come last in both orders, and names are sorted numerically", () => {
  const runs = [
    run("run 10", {}),
    run("run 2", { "test/loss": 1 }),
    run("run 1", { "test/loss": 3 }),
  ];
  const columns = columnsOf(runs);
  const names = (key: string, descending: boolean) =>
    sortRuns(runs, columns, key, descending).map(({ name }) => name);
  expect(names("score:test/loss", false)).toEqual(["run 2", "run 1", "run 10"]);
  expect(names("score:test/loss", true)).toEqual(["run 1", "run 2", "run 10"]);
  expect(names("name", false)).toEqual(["run 1", "run 2", "run 10"]);
  expect(names("no column", true)).toEqual(["run 10", "run 2", "run 1"]);
});
