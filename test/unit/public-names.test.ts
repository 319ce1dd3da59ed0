/**
 * The layers and blocks of our own models have public names, so that other models can be written like
 * them.
 */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as data from "../../src/data/index.ts";
import * as graph from "../../src/graph/index.ts";
import * as losses from "../../src/losses/index.ts";
import * as models from "../../src/models/index.ts";
import * as moe from "../../src/moe/index.ts";
import * as nn from "../../src/nn/index.ts";
import * as ops from "../../src/ops/index.ts";

type Entry = Readonly<Record<string, unknown>>;
const entries: Readonly<Record<string, Entry>> = { data, graph, losses, moe, nn, ops };
const folder = new URL("../../src/models/", import.meta.url);
const sources = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts") && !/\.(test|fixture)\.ts$/.test(file))
  .map((file) => ({ file, code: readFileSync(new URL(file, folder), "utf8") }));

/** Names of values that the models import, with their folder of `src`. */
function imported(): { readonly from: string; readonly name: string }[] {
  return sources.flatMap(({ code }) =>
    [...code.matchAll(/^import \{([^}]*)\} from "(?:\.\.\/)+([\w-]+)\/[^"]*";/gm)].flatMap(
      ([, names, from]) =>
        names!
          .split(",")
          .map((name) => name.trim())
          .filter((name) => name !== "" && !name.startsWith("type "))
          .map((name) => ({ from: from!, name })),
    ),
  );
}

test("every value that a model imports from another folder is exported by that folder's entry", () => {
  const found = imported().filter(({ from }) => from in entries);
  expect(found.length).toBeGreaterThan(100);
  const missing = found.filter(({ from, name }) => !(name in entries[from]!));
  expect([...new Set(missing.map(({ from, name }) => `${from}: ${name}`))]).toEqual([]);
});

test("shared blocks of models, and the parts of each model, are exported by the entry of models", () => {
  const shared = sources.filter(({ file }) => !file.includes("/"));
  const configs = sources.filter(({ file }) => file.endsWith("/config.ts"));
  const main = sources.filter(({ file }) => {
    const [folder, name] = file.split("/");
    return name === `${folder}.ts`;
  });
  const functions = [...shared, ...configs].flatMap(({ file, code }) =>
    [...code.matchAll(/^export (?:async )?function (\w+)/gm)].map(([, name]) => ({ file, name })),
  );
  const forward = main.map(({ file, code }) => {
    const letters = file.split("/")[0]!.replaceAll("-", "");
    const names = [...code.matchAll(/^export function (\w+)/gm)].map(([, name]) => name!);
    return { file, name: names.find((name) => name.toLowerCase() === letters) ?? letters };
  });
  expect(main.length).toBeGreaterThan(8);
  const missing = [...functions, ...forward].filter(({ name }) => !(name! in models));
  expect(missing.map(({ file, name }) => `${file}: ${name}`)).toEqual([]);
});
