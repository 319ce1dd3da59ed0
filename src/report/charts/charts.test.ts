import { readdirSync, readFileSync } from "node:fs";
import { parseHTML } from "linkedom";
import { expect, test } from "vitest";
import { chartsOf } from "../sections/charts-of.ts";
import { balanceLegend, cssTheme } from "../theme.ts";
import { layerNames } from "./chart.ts";
import { confusionChart } from "./confusion.ts";
import { type Curve, curveChart, curveLegend, smoothingWindow, suitsLogAxis } from "./curves.ts";
import { labelMapChart } from "./label-map.ts";
import { loadBarsChart } from "./load-bars.ts";
import { loadMapChart } from "./load-map.ts";
import { loadOverTimeChart } from "./load-over-time.ts";
import { mosaicChart } from "./mosaic.ts";

const { document } = parseHTML("<html></html>");
const options = { document, width: 360 };
const titles = (svg: SVGSVGElement) => [...svg.querySelectorAll("title")].map((t) => t.textContent);
const texts = (svg: SVGSVGElement) => [...svg.querySelectorAll("text")].map((t) => t.textContent);
const curve = (ys: readonly number[]): Curve => ({
  label: "a",
  points: ys.map((y, x) => ({ x, y })),
});

test("confusion rows are scaled to 1 and titled with counts", () => {
  const svg = confusionChart([[3, 1], [0, 0]], ["cat", "dog"], options); // biome-ignore format: a matrix
  expect(titles(svg)).toEqual([
    "true cat, predicted cat: 3 of 4 (75.0\u202f%)",
    "true cat, predicted dog: 1 of 4 (25.0\u202f%)",
    "true dog, predicted dog: 0 of 0 (0.0\u202f%)",
  ]);
  expect(texts(svg)).toEqual(
    expect.arrayContaining(["cat", "dog", "75", "25", "true", "predicted"]),
  );
});

test("load map marks dead and overloaded experts", () => {
  const load = [0, 0.7, 0.1, 0.2];
  const svg = loadMapChart([{ layer: "moe.0", numExperts: 4, load, importance: load }], options);
  expect(texts(svg)).toEqual(expect.arrayContaining(["moe.0", "✕ 0.00", "▲ 2.80", "0.40", "0.80"]));
  expect(titles(svg)[1]).toBe(
    "moe.0, expert 1: 70.0\u202f% of assignments, 2.80 times even, overloaded",
  );
});

test("the map of mean probabilities has no marks", () => {
  const routing = { layer: "moe.0", numExperts: 2, load: [0, 1], importance: [0.05, 0.95] };
  const svg = loadMapChart([routing], { ...options, of: "importance" });
  expect(texts(svg)).toEqual(expect.arrayContaining(["0.10", "1.90"]));
  expect(titles(svg)[0]).toBe("moe.0, expert 0: 5.0\u202f% of the probability, 0.10 times even");
});

test("load bars have one bar per expert, in the expert's colour", () => {
  const svg = loadBarsChart(
    { layer: "moe.0", numExperts: 2, load: [0.3, Number.NaN], importance: [] },
    options,
  );
  const bars = [...svg.querySelectorAll("rect")].map((bar) => bar.getAttribute("fill"));
  expect(bars).toEqual(["#0072b2", "#e69f00"]);
  expect(texts(svg)).toContain("✕");
});

test("label map rows are scaled to 1", () => {
  const svg = labelMapChart([[1, 3], [0, 0]], ["cat"], options); // biome-ignore format: a matrix
  expect(titles(svg).slice(0, 3)).toEqual([
    "cat, expert 0: 25.0\u202f%",
    "cat, expert 1: 75.0\u202f%",
    "1, expert 0: 0.0\u202f%",
  ]);
});

test.each([
  ["one point", [0.5]],
  ["equal values", [2, 2, 2]],
  ["negative values", [-1, -5]],
  ["six decades", [1e-6, 1e-3, 1]],
  ["100,000 points", Array.from({ length: 100_000 }, (_, i) => 1 + Math.sin(i))],
])("curves of %s have finite coordinates and few points", (_, ys) => {
  const svg = curveChart([curve(ys)], options);
  const paths = [...svg.querySelectorAll("path")].map((path) => path.getAttribute("d") ?? "");
  expect(paths.length).toBeGreaterThan(0);
  for (const path of paths) {
    expect(path).not.toMatch(/NaN|Infinity/);
    expect(path.split("L").length).toBeLessThanOrEqual(600);
  }
  if (ys.length <= 40) expect(svg.querySelectorAll("circle")).toHaveLength(ys.length);
});

test("without curves the frame is empty", () => {
  expect(curveChart([], options).outerHTML).not.toMatch(/NaN|Infinity/);
});

test("axes are logarithmic for a large positive range, long curves are smoothed", () => {
  expect(suitsLogAxis([curve([0.1, 10])])).toBe(true);
  expect(suitsLogAxis([curve([1, 10])])).toBe(false);
  expect(suitsLogAxis([curve([0, 100])])).toBe(false);
  expect(smoothingWindow(curve([1, 2]).points)).toBe(1);
  expect(smoothingWindow(curve(new Array(4000).fill(1)).points)).toBe(100);
});

test("load over time stacks one band per expert, also for a single step", () => {
  for (const steps of [[5], [5, 10, 15]]) {
    const svg = loadOverTimeChart(
      [steps, steps].map((xs) => xs.map((x) => ({ x, y: 0.5 }))),
      options,
    );
    const bands = [...svg.querySelectorAll("path[fill^='#']")];
    expect(bands.map((band) => band.getAttribute("fill"))).toEqual(["#0072b2", "#e69f00"]);
    expect(svg.outerHTML).not.toMatch(/NaN|Infinity/);
  }
});

test("a mosaic tints patches by expert, numbers areas, hatches dropped patches", () => {
  const svg = mosaicChart(
    { layer: "moe.0", rows: 2, cols: 2, ids: [[0, 0, 1, 255]], combineWeights: [[1, 0.1, 1, 1]] },
    { ...options, image: "data:image/png;base64,AA==", numExperts: 2 },
  );
  const tints = [...svg.querySelectorAll(".tint path")].map((path) => [
    path.getAttribute("data-expert"),
    path.getAttribute("d"),
    path.getAttribute("fill-opacity"),
  ]);
  expect(tints).toEqual([
    ["0", "M1 0h1v1h-1z", "0.5"],
    ["0", "M0 0h1v1h-1z", null],
    ["1", "M0 1h1v1h-1z", null],
  ]);
  expect(texts(svg)).toEqual(["0", "1"]);
  expect(svg.getAttribute("aria-label")).toBe(
    "moe.0: patches by expert, expert 0: 2, expert 1: 1, dropped: 1",
  );
  expect(svg.querySelector(".dropped")!.getAttribute("d")).toBe("M1 1h1v1h-1z");
  expect(svg.querySelector("image")!.getAttribute("style")).toBe("image-rendering:pixelated");
});

test("tints are graded by weight relative to the largest, or uniform", () => {
  const mosaic = {
    layer: "moe.0",
    rows: 1,
    cols: 3,
    ids: [[0, 0, 0]],
    combineWeights: [[0.4, 0.2, 0]],
  };
  const opacities = (strength: "graded" | "even") => {
    const shown = { ...options, image: "#picture", numExperts: 1, strength, numberSize: 0.3 };
    const svg = mosaicChart(mosaic, shown);
    expect(svg.querySelector(".numbers")!.getAttribute("font-size")).toBe("0.30");
    return [...svg.querySelectorAll(".tint path")].map((path) => [
      path.getAttribute("d"),
      path.getAttribute("fill-opacity"),
    ]);
  };
  expect(opacities("graded")).toEqual([
    ["M2 0h1v1h-1z", "0.16"],
    ["M1 0h1v1h-1z", "0.58"],
    ["M0 0h1v1h-1z", null],
  ]);
  expect(opacities("even")).toEqual([["M0 0h3v1h-3z", null]]);
});

test("cells of an interactive confusion matrix are buttons, one of them in the tab order", () => {
  const plain = confusionChart([[2, 1], [0, 3]], ["cat", "dog"], options); // biome-ignore format: a matrix
  expect(plain.getAttribute("role")).toBe("img");
  expect(plain.querySelectorAll("[role=button]")).toHaveLength(0);
  const clicked: string[] = [];
  const svg = confusionChart([[2, 1], [0, 3]], ["cat", "dog"], {
    ...options,
    chosen: [0, 1],
    onCell: (actual, predicted) => clicked.push(`${actual}-${predicted}`),
  }); // biome-ignore format: a matrix
  const cells = [...svg.querySelectorAll("[role=button]")];
  const told = cells.map((cell) => ["data-key", "tabindex", "aria-pressed"].map((name) => cell.getAttribute(name))); // biome-ignore format: one expression
  expect(told).toEqual([
    ["0-0", "-1", "false"],
    ["0-1", "0", "true"],
    ["1-1", "-1", "false"],
  ]);
  const { Event } = parseHTML("<html></html>");
  for (const cell of cells) cell.dispatchEvent(new Event("click"));
  expect(clicked).toEqual(["0-0", "0-1", "1-1"]);
});

test("long layer names lose their common parts, short names are unchanged", () => {
  const long = ["decoder.blocks.0.moe", "decoder.blocks.11.moe"];
  expect(layerNames(long, 112)).toEqual(["blocks.0", "blocks.11"]);
  expect(layerNames(long, 400)).toBe(long);
  expect(layerNames(["a.very.long.name.of.a.layer"], 112)).toEqual(["a.very.long.name.of.a.layer"]);
  const same = ["a.very.long.name.of.a.layer", "a.very.long.name.of.a.layer"];
  expect(layerNames(same, 112)).toEqual(["a", "a"]);
});

test("a legend shows the true last value of every curve, in the colour of the curve", () => {
  // 200 values that fall by decades, as a learning rate: the end of a running mean would be higher.
  const long = Array.from({ length: 200 }, (_, i) => 10 ** (-i / 25));
  const curves = [curve([0.25, 0.5]), { ...curve(long), color: 4 }, curve([])];
  expect(curveLegend(curves, "number")).toEqual([
    { label: "a", value: "0.5", color: "var(--series-0)" },
    { label: "a", value: "1.1e-8", color: "var(--series-4)" }, // 10^(-199 / 25) = 1.096e-8
    { label: "a", value: "", color: "var(--series-2)" },
  ]);
  const strokes = [...curveChart(curves, options).querySelectorAll("g[stroke], circle, path")].map(
    (mark) => mark.getAttribute("stroke") ?? mark.getAttribute("fill"),
  );
  expect(strokes).toEqual(expect.arrayContaining(["var(--series-0)", "var(--series-4)"]));
  expect(strokes).not.toContain("var(--series-1)");
});

test("curves are distributed over charts of six; a label has one colour on all charts", () => {
  const same = (label: string): string => label;
  const eight = [..."abcdefgh"];
  const colors = (items: readonly string[], shared?: readonly string[]) =>
    chartsOf(items, same, shared).map((chart) =>
      chart.map(({ item, color }) => `${item}${color}`).join(" "),
    );
  expect(colors(eight)).toEqual(["a0 b1 c2 d3 e4 f5", "g0 h1"]);
  expect(colors(["b", "h", "x"], eight)).toEqual(["b1", "h1 x2"]);
});

test("heat maps of routing are centred on the even share, whatever the largest share is", () => {
  const fills = (svg: SVGSVGElement) =>
    [...svg.querySelectorAll("rect")].map((cell) => cell.getAttribute("fill"));
  // Nearly even over four experts: 0.26 and 0.24 are 1.04 and 0.96 times even.
  expect(fills(labelMapChart([[26, 24, 26, 24]], ["cat"], options))).toEqual(
    Array(4).fill("var(--balance-5)"),
  );
  // Half is twice even: log2(2) / 4 = 0.25 above the middle.
  const [half, none] = fills(labelMapChart([[50, 0, 25, 25]], ["cat"], options));
  expect([half, none]).toEqual(["var(--balance-8)", "var(--balance-0)"]);
  const load = [0.5, 0, 0.25, 0.25];
  const map = loadMapChart([{ layer: "moe.0", numExperts: 4, load, importance: load }], options);
  expect(fills(map).slice(0, 2)).toEqual([half, none]);
  expect(balanceLegend(cssTheme).map(({ color }) => color)).toEqual(
    [0, 3, 5, 8, 10].map((step) => `var(--balance-${step})`),
  );
});

test("every value of a logarithmic axis has a label", () => {
  const svg = curveChart([curve([0.05, 4])], options);
  expect(texts(svg)).toEqual(expect.arrayContaining(["0.05", "0.1", "0.2", "0.5", "1", "2"]));
});

test("charts run in a browser: no file here imports from Node", () => {
  const folder = new URL(".", import.meta.url);
  const sources = readdirSync(folder).filter((f) => f.endsWith(".ts") && !f.endsWith(".test.ts"));
  for (const file of sources) {
    expect(readFileSync(new URL(file, folder), "utf8")).not.toMatch(/from "(node:|linkedom|yaml)/);
  }
});
