import { expect, test } from "vitest";
import { fromSnakeCase } from "../config/case.ts";
import { registrySchema } from "../config/registry.ts";
import { createLoader, type LoaderOptions } from "./loader.ts";
import { stripes } from "./plugin.fixture.ts";
import { type DatasetSpec, datasets } from "./registry.ts";

const plugin = new URL("./plugin.fixture.ts", import.meta.url).href;
const settings = stripes.schema.parse({ name: "stripes", normalize: { mean: [0.5], std: [0.5] } });
const spec = stripes.spec(fromSnakeCase(settings), "train", 0) as unknown as DatasetSpec;

async function take(options: Partial<LoaderOptions>): Promise<number[][]> {
  await using loader = await createLoader(spec, { batchSize: 8, ...options });
  const rows: number[][] = [];
  for await (const { arrays } of loader) rows.push(Array.from(arrays.images!.data, Number));
  return rows;
}

test("recipes accept a set from a plug-in", () => {
  const data = registrySchema(datasets);
  expect(data.parse(settings)).toEqual(settings);
  expect(() => data.parse({ ...settings, sizes: 3 })).toThrow("sizes");
});

test("worker threads import the plug-in before they open its set", async () => {
  const alone = await take({ workers: 0 });
  expect(alone).toHaveLength(3);
  expect(alone[0]!.slice(0, 16)).toEqual([1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0]);
  expect(await take({ workers: 2, plugins: [plugin] })).toEqual(alone);
});

test("without the plug-in, a worker does not find the set", async () => {
  await expect(take({ workers: 1 })).rejects.toThrow("unknown data set stripes; known: shapes");
});
