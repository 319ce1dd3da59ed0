/** A process that trains writes nothing outside its run directory. The socket trace is an e2e test. */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { moesaicProcess, temporaryFolder, tinyRecipe } from "./moesaic.fixture.ts";

const folder = temporaryFolder();
afterAll(folder.remove);

test("training and evaluation leave no file outside the run directory", async () => {
  const recipe = join(folder.path, "tiny.yaml");
  writeFileSync(recipe, tinyRecipe);
  const [temporary, home, run] = ["tmp", "home", "run"].map((name) => join(folder.path, name));
  for (const path of [temporary!, home!]) mkdirSync(path);
  const env = { TMPDIR: temporary, HOME: home, XDG_CACHE_HOME: home, XDG_DATA_HOME: home };
  for (const argv of [
    ["train", recipe, "--run", run!, "train.max_steps=6"],
    ["eval", run!],
  ]) {
    const { code, err } = await moesaicProcess(argv, [], env);
    expect(code, err).toBe(0);
  }
  // The loader of TypeScript, which an installed package does not use, keeps a cache of its own.
  const written = readdirSync(temporary!).filter((name) => !name.startsWith("tsx-"));
  expect([...written, ...readdirSync(home!)]).toEqual([]);
  expect(readdirSync(folder.path).sort()).toEqual(["home", "run", "tiny.yaml", "tmp"]);
}, 120_000);
