import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { drawRouting } from "../../scripts/routing/draw-pictures.ts";
import { examples, numExperts, numTokens, routeExample } from "../../scripts/routing/examples.ts";
import { readMarked } from "../../scripts/routing/marked.ts";
import { combinationsTable } from "../../scripts/routing/tables.ts";
import { configOf } from "../../scripts/routing/train-variant.ts";
import { balancing, documentedRouters, methods } from "../../scripts/routing/variants.ts";
import { parseMoe } from "../../src/moe/config.ts";

const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const page = readFileSync(path("docs/routing.md"), "utf8");
const names = documentedRouters().map(({ name }) => name);
const snippets = [...page.matchAll(/```yaml\n(.*?)```/gs)].map((match) => parse(match[1]!));

test("the page has a recipe and a picture of every router with variants, and all are valid", () => {
  const used = snippets.map((snippet) => parseMoe(snippet).router.name);
  expect([...new Set(used)].sort()).toEqual([...names].sort());
  for (const name of [...names, "capacity"]) {
    expect(page).toContain(`](routing/${name}.svg)`);
    expect(existsSync(path(`docs/routing/${name}.svg`))).toBe(true);
  }
  expect(examples.map(({ id }) => id).sort()).toEqual([...names, "capacity"].sort());
});

test("the compared variants belong to these routers, and their settings are valid", () => {
  const compared = [...methods, ...balancing].map((variant) => {
    const { model } = configOf(variant, "shapes-vit-moe", []);
    return "moe" in model ? model.moe.router.name : undefined;
  });
  expect([...new Set(compared)].sort()).toEqual([...names].sort());
  expect(new Set([...methods, ...balancing].map(({ id }) => id)).size).toBe(compared.length);
});

test("the table of combinations matches the code", () => {
  const cells = (table: string): string => table.replace(/ +/g, " ").replace(/-+/g, "-");
  expect(cells(readMarked(path("docs/routing.md"), "combinations"))).toBe(
    cells(combinationsTable()),
  );
});

test("the picture of a capacity shows the layer's routing", async () => {
  const example = examples.find(({ id }) => id === "capacity")!;
  const cells = await routeExample(example);
  expect(cells.map((row) => row.length)).toEqual(Array(numTokens).fill(numExperts));
  // C = ceil(1 * 2 * 8 / 4) = 4 of the six tokens that chose expert 0: those with the largest gates.
  expect(cells.map(([first]) => first!.weight !== undefined)).toEqual(
    [1, 1, 1, 0, 0, 0, 1, 0].map(Boolean),
  );
  expect(cells.flatMap((row, token) => (row[0]!.dropped ? [token] : []))).toEqual([4, 7]);
  // Token 1: exp(2) / (exp(2) + exp(0.6)).
  expect(cells[0]![0]!.weight).toBeCloseTo(1 / (1 + Math.exp(-1.4)), 5);
  const drawn = `${drawRouting(cells, example).html}\n`;
  expect(readFileSync(path("docs/routing/capacity.svg"), "utf8")).toBe(drawn);
});
