import type { MetricSeries } from "moesaic/inspect";
import { expect, test } from "vitest";
import { curveGroups, titleOf, unitOf } from "./curve-groups.ts";

const series = (
  split: string,
  name: string,
  values: readonly number[] = [3, 2, 1],
): MetricSeries => ({
  split,
  name,
  steps: values.map((_, i) => i + 1),
  values,
  count: values.length,
  nonFinite: 0,
});
const groups = (...list: MetricSeries[]) => curveGroups({ series: list, badLines: 0, cursor: "" });

test("scores are grouped by name across splits, loss and accuracy first", () => {
  const { scores, training } = groups(
    series("train", "temperature"),
    series("validation", "accuracy"),
    series("train", "learning_rate"),
    series("validation", "loss"),
    series("train", "loss"),
    series("test", "loss", [1]), // a single value makes no curve
  );
  expect(scores.map(({ title }) => title)).toEqual(["Loss", "Accuracy", "Temperature"]);
  expect(scores[0]!.curves.map(({ label }) => label)).toEqual(["train", "validation"]);
  expect(training.map(({ title }) => title)).toEqual(["Learning rate"]);
});

test("experts are stacked by layer; parts of a layer and invalid numbers are skipped", () => {
  const { loads, routing } = groups(
    series("train", "experts/blocks.0.moe/load_1"),
    series("train", "experts/blocks.0.moe/load_0"),
    series("train", "experts/blocks.0.moe/image/load_0"),
    series("train", "experts/blocks.0.moe/load_999999999"),
    series("train", "experts/blocks.0.moe/max_violation"),
    series("train", "experts/blocks.0.moe/success_rate", [1, 1]),
  );
  expect(loads.map(({ layer }) => layer)).toEqual(["blocks.0.moe"]);
  expect(loads[0]!.loads).toHaveLength(2);
  expect(routing.map(({ title }) => title)).toEqual(["Expert imbalance"]);
});

test("many curves are split into readable charts", () => {
  const list = Array.from({ length: 8 }, (_, i) => series("train", `auxiliary/layer.${i}`));
  expect(groups(...list).training.map(({ title, curves }) => [title, curves.length])).toEqual([
    ["Auxiliary losses, 1 of 2", 6],
    ["Auxiliary losses, 2 of 2", 2],
  ]);
});

test("domains share one chart", () => {
  const { scores } = groups(series("validation", "env_flat_in_acc"), series("validation", "env_noisy_in_acc")); // biome-ignore format: two series
  expect(scores.map(({ title, unit }) => [title, unit])).toEqual([
    ["Accuracy by domain, in splits", "percent"],
  ]);
  expect(scores[0]!.curves.map(({ label }) => label)).toEqual(["flat", "noisy"]);
});

test("a domain, a split and a layer have one colour on all charts", () => {
  const { scores, routing } = groups(
    series("validation", "env_noisy_in_acc"),
    series("validation", "env_flat_out_acc"),
    series("validation", "env_noisy_out_acc"),
    series("validation", "accuracy"),
    series("train", "loss"),
    series("validation", "loss"),
    series("train", "experts/a.moe/max_violation"),
    series("train", "experts/b.moe/max_violation"),
    series("train", "experts/b.moe/success_rate", [0.5, 0.5]),
  );
  const colors = [...scores, ...routing].map(({ title, curves }) => [
    title,
    curves.map(({ label, color }) => `${label} ${color}`).join(", "),
  ]);
  expect(colors).toEqual([
    ["Loss", "train 0, validation 1"],
    ["Accuracy", "validation 1"],
    ["Accuracy by domain, in splits", "noisy 1"],
    ["Accuracy by domain, out splits", "flat 0, noisy 1"],
    ["Expert imbalance", "a.moe 0, b.moe 1"],
    ["Success rate", "b.moe 1"],
  ]);
});

test("names are shown as words, fractions in percent", () => {
  expect(titleOf("zero_shot_accuracy")).toBe("Zero shot accuracy");
  expect(["zero_shot_accuracy", "image_to_text_r10", "loss", "grad_norm"].map(unitOf)).toEqual([
    "percent",
    "percent",
    "number",
    "number",
  ]);
});

test("an accuracy of next tokens is called so", () => {
  const series = [{ split: "validation", name: "accuracy", steps: [1, 2], values: [0.1, 0.2] }];
  const titlesOf = (predictsTokens: boolean) =>
    curveGroups({ series, badLines: 0, cursor: "" } as never, predictsTokens).scores.map(
      ({ title }) => title,
    );
  expect(titlesOf(false)).toEqual(["Accuracy"]);
  expect(titlesOf(true)).toEqual(["Next-token accuracy"]);
});
