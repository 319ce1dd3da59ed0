import { parseHTML } from "linkedom";
import { expect, test } from "vitest";
import { modalityShares } from "../../inspect/statistics/modality-shares.ts";
import { cssTheme } from "../theme.ts";
import { modalitySharesChart } from "./modality-shares.ts";
import { patchSheetChart } from "./patch-sheet.ts";

const { document } = parseHTML("<html></html>");
const all = (svg: SVGSVGElement, name: string): string[] =>
  [...svg.querySelectorAll(name)].map(({ textContent }) => textContent!);

test("shares of modalities are shown by colour, number and title", () => {
  const shares = modalityShares({ values: ["image", "text"], counts: [[90, 1, 0], [0, 9, 0]] }); // biome-ignore format: a matrix
  const svg = modalitySharesChart(shares, { document, width: 360, label: "Modalities" });
  expect(svg.getAttribute("aria-label")).toBe("Modalities");
  expect(all(svg, "title")).toEqual([
    "expert 0: 100.0\u202f% of its tokens are image (90)",
    "expert 1: 10.0\u202f% of its tokens are image (1)",
    "expert 1: 90.0\u202f% of its tokens are text (9)",
    "expert 0: 90.0\u202f% of all assignments (90)",
    "expert 1: 10.0\u202f% of all assignments (10)",
    "expert 2: 0.0\u202f% of all assignments (0)",
  ]);
  expect(all(svg, "text")).toEqual(expect.arrayContaining(["100", "10", "90", "load", "expert"]));
  const fills = [...svg.querySelectorAll("rect")].map((bar) => bar.getAttribute("fill"));
  expect(fills.slice(0, 3)).toEqual([cssTheme.series[0], cssTheme.series[0], cssTheme.series[1]]);
});

test("bars of many experts have no numbers", () => {
  const counts = [Array<number>(32).fill(9), Array<number>(32).fill(1)];
  const shares = modalityShares({ values: ["image", "text"], counts });
  const svg = modalitySharesChart(shares, { document, width: 360 });
  expect(all(svg, "text")).not.toContain("90");
  expect(svg.outerHTML).not.toMatch(/NaN|undefined/);
});

test("every patch of a sheet has its title and position", () => {
  const sheet = { image: "data:image/png;base64,", rows: 2, columns: 2 };
  const svg = patchSheetChart(["a", "b", "c"], {
    ...sheet,
    document,
    width: 100,
    label: "Patches",
  });
  expect([svg.getAttribute("width"), svg.getAttribute("height")]).toEqual(["100", "100"]);
  const places = [...svg.querySelectorAll("rect")].map((area) => [
    area.textContent,
    area.getAttribute("x"),
    area.getAttribute("y"),
  ]);
  expect(places).toEqual([
    ["a", "0", "0"],
    ["b", "1", "0"],
    ["c", "0", "1"],
  ]);
});
