import { parseHTML } from "linkedom";
import { expect, test } from "vitest";
import type { DecisionRegions } from "../../inspect/types/regions.ts";
import type { RunRecord } from "../../inspect/types/run-record.ts";
import { renderReport } from "../report.ts";

const size = 8;
const cells = Array.from({ length: size * size }, (_, cell) => cell);
const right = (cell: number): boolean => cell % size >= size / 2;

/** The right half is class 1 and expert 0, the left half class 0 and expert 1. */
const regions: DecisionRegions = {
  axes: ["x0", "x1"],
  range: [-2, 2],
  size,
  numExperts: 2,
  predicted: cells.map((cell) => Number(right(cell))),
  ids: cells.map((cell) => Number(!right(cell))),
  combineWeights: cells.map((cell) => (cell < size ? 1 : 0.5)),
  optimal: cells.map((cell) => Number(right(cell))),
  points: [
    { x: 1, y: 0, label: 1 },
    { x: -1, y: 0.5, label: 0 },
    { x: 1, y: 1, label: 1 },
    { x: 9, y: 0, label: 1 }, // outside
  ],
  scores: [
    { name: "expert 0", accuracy: 0.5, byClass: [0.25, 0.75] },
    { name: "mixture <soft>", accuracy: 0.875, byClass: [0.75, 1] },
  ],
};

const run: RunRecord = {
  name: "mixture",
  recipe: "classic-mixture",
  config: null,
  summary: {},
  metrics: [],
  classNames: ["cat", "dog"],
  regions,
};

const draw = (given: DecisionRegions) =>
  parseHTML(renderReport({ ...run, regions: given })).document.querySelector("#regions")!;
const textOf = (svg: Element): string[] =>
  [...svg.querySelectorAll("text")].map(({ textContent }) => textContent!);

test("three maps, with each area labelled once and the points inside", () => {
  const maps: Element[] = [...draw(regions).querySelectorAll("svg")];
  expect(maps).toHaveLength(3);
  const [predicted, territory, optimal] = maps as [Element, Element, Element];
  expect(textOf(predicted)).toEqual(expect.arrayContaining(["class cat", "class dog", "x0", "x1"]));
  expect(textOf(territory)).toEqual(expect.arrayContaining(["expert 0", "expert 1"]));
  expect(textOf(territory)).not.toContain("class cat");
  expect(optimal.getAttribute("aria-label")).toBe("Most probable class over the plane");
  for (const map of maps) {
    expect(textOf(map).filter((text) => /^(class|expert) /.test(text))).toHaveLength(2);
    const runs = [...map.querySelectorAll(".areas path")].map(
      (path) => path.getAttribute("d")!.split("M").length - 1,
    );
    expect(runs.reduce((sum, count) => sum + count)).toBe(2 * size); // two per row
    const dots = [...map.querySelectorAll('[aria-label="dot"]')];
    expect(dots.map((group) => group.children.length)).toEqual([1, 2]); // one cat, two dogs
  }
});

test("colours have one meaning: experts first, then classes; large weights are opaque", () => {
  const [predicted, territory] = [...draw(regions).querySelectorAll("svg")];
  const areas = (svg: Element): (string | null)[][] =>
    [...svg.querySelectorAll(".areas path")].map((path) =>
      ["fill", "fill-opacity"].map((name) => path.getAttribute(name)),
    );
  expect(areas(predicted!)).toEqual([
    ["#009e73", "0.38"],
    ["#cc79a7", "0.38"],
  ]);
  expect(areas(territory!)).toEqual([
    ["#e69f00", "0.75"], // the lowest row has weights of 1
    ["#0072b2", "0.75"],
    ["#e69f00", "0.425"],
    ["#0072b2", "0.425"],
  ]);
});

test("the lowest row of cells is at the bottom", () => {
  const [, territory] = [...draw(regions).querySelectorAll("svg")];
  const y = [...territory!.querySelectorAll(".areas path")].map((path) =>
    Number(/^M[\d.]+ ([\d.]+)H/.exec(path.getAttribute("d")!)![1]),
  );
  expect(y[0]).toBeGreaterThan(y[2]!);
});

test("a table of classifiers and classes; names are text", () => {
  const rows = [...draw(regions).querySelectorAll("table tr")].map((row) =>
    [...row.children].map(({ textContent }) => textContent!.replace("\u202f", " ")),
  );
  expect(rows).toEqual([
    ["classifier", "class cat", "class dog", "all"],
    ["expert 0", "25.0 %", "75.0 %", "50.0 %"],
    ["mixture <soft>", "75.0 %", "100.0 %", "87.5 %"],
  ]);
});

test("without a known distribution there are two maps, each at two widths", () => {
  const { optimal: _, ...rest } = regions;
  expect(draw(rest).querySelectorAll("figure")).toHaveLength(2);
  expect(draw(rest).querySelectorAll("svg")).toHaveLength(4);
});

test("a run without regions has no regions section", () => {
  const { regions: _, ...rest } = run;
  expect(parseHTML(renderReport(rest)).document.querySelector("#regions")).toBeNull();
});
