import { expect, test } from "vitest";
import { fromSnakeCase } from "../config/case.ts";
import { openDataset } from "./open-dataset.ts";
import { type DatasetSpec, datasets, getResource, listResources } from "./registry.ts";

test("the description of a generated set matches its samples", async () => {
  const generated = datasets.list().filter((set) => set.generated);
  expect(generated.length).toBeGreaterThan(1);
  for (const definition of generated) {
    const { name, kind, classNames, schema, files, place } = definition;
    expect([files, place]).toEqual([[], undefined]);
    const normalize = { mean: [0.5], std: [0.5] };
    const parsed = schema.safeParse({ name, ...(kind === "image" && { normalize }) });
    expect(parsed.error, name).toBeUndefined();
    const settings = fromSnakeCase(parsed.data);
    const spec = definition.spec(settings, "validation", 0) as DatasetSpec;
    expect(spec).toEqual(structuredClone(spec)); // This is sent to worker threads.
    const set = await openDataset(spec);
    expect(set).toMatchObject({ kind, name, split: "validation", classNames });
    const known = definition.describe?.(settings) ?? {};
    if (set.kind !== "image") continue;
    const { captions, height, width, channels } = set.get(0);
    expect(known.imageShape).toEqual({ height, width, channels });
    expect(known.captions ?? false).toBe(captions !== undefined);
    expect(await definition.domains?.(settings)).toEqual(set.domains?.names);
  }
});

test("a schema accepts only the name of its own set", () => {
  for (const { name, schema } of datasets.list()) {
    const issues = (value: string) =>
      schema.safeParse({ name: value }).error?.issues.filter(({ path }) => path[0] === "name") ??
      [];
    expect(issues(name), name).toEqual([]);
    expect(issues("another"), name).toHaveLength(1);
  }
});

test("data sets and the vocabulary are found by name", () => {
  expect(listResources().map(({ name }) => name)).toContain("clip-bpe");
  expect(getResource("pacs").title).toBe("PACS");
  expect(getResource("clip-bpe").files).toHaveLength(1);
  expect(() => getResource("clip-bp")).toThrow("unknown data set clip-bp; did you mean clip-bpe?");
});
