import { parseHTML } from "linkedom";
import { expect, test } from "vitest";
import { association } from "../../inspect/statistics/contingency.ts";
import type { DomainAnalysis } from "../../inspect/types/domain.ts";
import type { Mosaic } from "../../inspect/types/mosaic.ts";
import type { LabelRouting, LayerRouting } from "../../inspect/types/routing.ts";
import type { MetricEvent, RunRecord } from "../../inspect/types/run-record.ts";
import { renderReport } from "../report.ts";

const byDomain = (counts: readonly number[][]) =>
  ["flat", "noisy"].map((domain) => {
    return { domain, values: ["a", "b"], counts, association: association(counts) };
  });
const table = (label: string, counts: readonly number[][], within = false): LabelRouting => ({
  ...{ label, values: ["a", "b"], counts, association: association(counts) },
  ...(within && { byDomain: byDomain([[5, 0], [0, 5]]) }), // biome-ignore format: a table
});
const one = [[10, 0], [0, 10]]; // biome-ignore format: a table
const weak = [[6, 4], [4, 6]]; // biome-ignore format: a table
const layer = (name: string, labels: readonly LabelRouting[]): LayerRouting => ({
  layer: name,
  numExperts: 2,
  load: [0.5, 0.5],
  importance: [0.5, 0.5],
  scores: {
    ...{ maxViolation: 0, deadExperts: 0, localEntropy: 0, globalEntropy: 0 },
    ...{ mutualInformation: 0, gateConfidence: 1, successRate: 1, droppedFraction: 0 },
  },
  labels,
});
const mosaic: Mosaic = {
  image: { width: 2, height: 2, channels: 3, data: new Uint8Array(12) },
  label: 0,
  layers: [{ layer: "blocks.1.moe", rows: 1, cols: 2, ids: [[0, 1]], numExperts: 2 }],
};
const analysis: DomainAnalysis = {
  domains: ["flat", "noisy"],
  heldOut: ["noisy"],
  routing: [
    layer("blocks.1.moe", [
      table("domain", weak),
      table("object", one),
      table("shape", one, true),
      table("color", weak),
      table("domain of objects", weak),
    ]),
    layer("blocks.3.moe", [table("shape", weak), table("domain of objects", one)]),
    layer("blocks.5.moe", [table("shape", weak), table("domain of objects", weak)]),
  ],
  scenes: {
    shown: [[mosaic, mosaic]],
    count: 64,
    agreement: [
      { layer: "blocks.1.moe", domains: ["flat", "noisy"], firstChoice: 0.75, kappa: 0.5 },
    ],
  },
};

const bare: RunRecord = { name: "run", recipe: "r", config: {}, summary: {}, metrics: [], classNames: ["star"] }; // biome-ignore format: one record
const render = (domains: DomainAnalysis) => {
  return parseHTML(renderReport({ ...bare, domains })).document;
};
const rowsOf = (section: Element): string[][] =>
  [...section.querySelectorAll("tbody tr")].map((row) =>
    [...row.children].map(({ textContent }) => textContent.replace(/\s/g, " ")),
  );

test("the report summarises the association of each layer's experts, with a table per domain", () => {
  const section = render(analysis).querySelector("#attributes")!;
  const notes = [...section.querySelectorAll("figcaption")].map(({ textContent }) => textContent);
  expect(notes).toEqual([
    "Experts are more associated with shape (1.00) than with style (0.20).",
    "Experts are more associated with style (1.00) than with shape (0.20).",
    "Experts are equally associated with shape (0.20) and style (0.20).",
  ]);
  expect(section.textContent).toContain("Held out from training: noisy.");
  const rows = rowsOf(section);
  expect(rows[0]).toEqual(["blocks.1.moe", "domain", "20", "1 (1)", "0.200", "0.029", "", ""]);
  expect(rows[2]).toEqual(["", "shape", "20", "20 (1)", "1.000", "1.000", "1.000", "1.000"]);
  expect(section.innerHTML).not.toMatch(/NaN|undefined|\[object/);
});

test("scenes are shown in every style, with the agreement between styles below", () => {
  const section = render(analysis).querySelector("#scenes")!;
  const tiles = [...section.querySelectorAll(".tile")].map(({ textContent }) => textContent);
  expect(tiles.slice(0, 2)).toEqual(["flat", "noisy, held out"]);
  expect(section.querySelectorAll(".tile svg")).toHaveLength(4);
  const ids = [...section.querySelectorAll("[id]")].map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(rowsOf(section)).toEqual([["blocks.1.moe", "75.0 %", "0.50", "0.50"]]);
});

test("runs without a domain analysis have neither section", () => {
  const { scenes: _, ...rest } = analysis;
  expect(render(rest).querySelector("#scenes")).toBeNull();
  expect(render({ ...rest, routing: [] }).querySelector("#attributes")).toBeNull();
});

test("accuracies by domain have their own curves", () => {
  const value = (name: string, step: number, accuracy: number): MetricEvent => ({
    ...{ step, epoch: 0, split: "validation", name, value: accuracy, seconds: step },
  });
  const metrics = [1, 2].flatMap((step) => [
    value("env_flat_out_acc", step, 0.5),
    value("env_noisy_out_acc", step, 0.25),
    value("env_noisy_in_acc", step, 0.75),
  ]);
  const { document } = parseHTML(renderReport({ ...bare, metrics }));
  const figures = [...document.querySelectorAll("#training figure")].map((figure) => [
    figure.querySelector("h3")!.textContent.trim(),
    figure.querySelector(".legend")!.textContent.replace(/\s+/g, " ").trim(),
  ]);
  expect(figures).toEqual([
    ["Accuracy by domain, in splits", "noisy 75.0 %"],
    ["Accuracy by domain, out splits", "flat 50.0 %noisy 25.0 %"],
  ]);
  // The held-out domain has no in split; the other keeps its colour.
  const lines = [...document.querySelectorAll("#training .legend .line")];
  expect(lines.map((line) => line.getAttribute("style"))).toEqual(
    [1, 0, 1].map((i) => `background:var(--series-${i})`),
  );
});
