/** Plug-ins in recipes and on the command line, in separate processes. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { moesaic, moesaicProcess, temporaryFolder } from "./moesaic.fixture.ts";

const folder = temporaryFolder();
afterAll(folder.remove);
const examples = fileURLToPath(new URL("../../examples/plugins/", import.meta.url));
const run = join(folder.path, "own");

test("a recipe trains with a router and a data set of its plug-ins, and eval loads them again", async () => {
  const trained = await moesaicProcess([
    ...["train", join(examples, "own-parts.yaml"), "--run", run],
    ...["train.max_steps=3", "schedule.warmup_steps=1", "data.length=64"],
  ]);
  expect(trained.code, trained.err).toBe(0);
  const config = readFileSync(join(run, "config.yaml"), "utf8");
  expect(config).toContain(join(examples, "tempered-router.ts"));
  expect(config).toMatch(/name: tempered\n\s+num_selected_experts: 2\n\s+temperature: 0.5/);
  const scored = await moesaicProcess(["eval", run, "--json"]);
  expect(scored.code, scored.err).toBe(0);
  expect(JSON.parse(scored.out).accuracy).toBeGreaterThanOrEqual(0);
}, 120_000);

test("a plug-in system is trained and scored, and its experts can be changed, like a built-in one", async () => {
  const own = join(folder.path, "system");
  const trained = await moesaicProcess([
    ...["train", join(examples, "own-system.yaml"), "--run", own],
    ...["train.max_steps=3", "schedule.warmup_steps=1", "data.length=64"],
  ]);
  expect(trained.code, trained.err).toBe(0);
  const scored = await moesaicProcess(["eval", own, "--json"]);
  expect(scored.code, scored.err).toBe(0);
  expect(JSON.parse(scored.out).accuracy).toBeGreaterThanOrEqual(0);
  const more = join(folder.path, "more");
  const added = await moesaicProcess(["experts", "add", own, "--copy", "1", "--out", more]);
  expect(added.code, added.err).toBe(0);
  expect(readFileSync(join(more, "config.yaml"), "utf8")).toMatch(/num_experts: 5/);
}, 120_000);

test.each([
  ["a missing file", "./none.js", "the plug-in ./none.js does not exist"],
  ["an unknown package", "no-such-package", "is not an installed package"],
  ["a module without definitions", "empty.mjs", "exports no definition"],
  ["a module that throws", "broken.mjs", "failed while it was imported: no good"],
])("%s is refused with a clear error", async (_, name, message) => {
  writeFileSync(join(folder.path, "empty.mjs"), "export const nothing = 1;");
  writeFileSync(join(folder.path, "broken.mjs"), "throw new Error('no good');");
  const plugin = name.endsWith(".mjs") ? join(folder.path, name) : name;
  const { code, err } = await moesaic("parameters", "quickstart", "--plugin", plugin);
  expect(code).toBe(2);
  expect(err).toContain(message);
});
