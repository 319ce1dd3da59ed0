import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decodeSafetensors } from "../../src/formats/safetensors.ts";
import {
  metricLines,
  moesaic,
  newestFile,
  temporaryFolder,
  tinyRecipe,
} from "./moesaic.fixture.ts";

const folder = temporaryFolder();
afterAll(folder.remove);
const recipe = join(folder.path, "tiny.yaml");
const shortly = ["train.max_steps=6", "schedule.warmup_steps=1", "train.eval_every=6"];
const plain = join(folder.path, "plain");
const runTo = (run: string, ...more: string[]) =>
  moesaic("train", recipe, ...shortly, ...more, "--run", run);

beforeAll(async () => {
  writeFileSync(recipe, tinyRecipe);
  expect((await runTo(plain)).code).toBe(0);
});

test("recomputed segments do not change a run, bit for bit", async () => {
  const run = join(folder.path, "recomputed");
  const { code } = await runTo(run, "train.gradient_checkpointing=blocks");
  expect(code).toBe(0);
  expect(metricLines(run)).toEqual(metricLines(plain));
  for (const file of ["model.safetensors", "optimizer.safetensors"]) {
    expect((await newestFile(run, file)) === (await newestFile(plain, file)), file).toBe(true);
  }
});

test("a profile in the run directory names modules and operators", async () => {
  const run = join(folder.path, "profiled");
  const { code, err } = await runTo(run, "--profile");
  expect(code).toBe(0);
  const table = readFileSync(join(run, "profile.txt"), "utf8");
  expect(err).toContain(table.split("\n")[0]);
  expect(table).toMatch(/ms per run over \d+ runs/);
  expect(table).toContain("blocks.0.moe");
  expect(table).toContain("Gemm");
  const { traceEvents } = JSON.parse(readFileSync(join(run, "profile.json"), "utf8"));
  expect(traceEvents.length).toBeGreaterThan(100);
  expect(metricLines(run)).toEqual(metricLines(plain));
  const again = await runTo(run, "--overwrite");
  expect(again.code).toBe(0);
  expect(existsSync(join(run, "profile.json"))).toBe(false);
});

test("a run starts with the weights of another, completely or in part", async () => {
  const begun = join(folder.path, "begun");
  const from = `init_from={path: ${plain}}`;
  const { code, err } = await runTo(begun, from);
  expect(err).toMatch(/\d+ tensors start from the weights of .*model\.safetensors/);
  expect(code).toBe(0);
  const losses = (run: string) =>
    metricLines(run)
      .map((line) => JSON.parse(line))
      .filter(({ split, name }) => split === "train" && name === "loss")
      .map(({ value }) => value as number);
  expect(losses(begun)[0]).not.toBe(losses(plain)[0]);

  const wider = await runTo(join(folder.path, "wider"), from, "model.width=32");
  expect(wider.code).toBe(2);
  expect(wider.err).toContain("set init_from.strict to false");
});

test("frozen parameters keep their initial values; the others change", async () => {
  const run = join(folder.path, "frozen");
  const rule = "optimizer.rules=[{parameters: 'blocks.*', frozen: true}]";
  expect((await runTo(run, rule, `init_from={path: ${plain}}`)).code).toBe(0);
  const weights = async (path: string) =>
    decodeSafetensors(Buffer.from(await newestFile(path, "model.safetensors"), "base64")).tensors;
  const [before, after] = [await weights(plain), await weights(run)];
  const moved = [...before]
    .filter(([name, { data }]) => !data.every((value, i) => value === after.get(name)!.data[i]))
    .map(([name]) => name);
  expect(moved.length).toBeGreaterThan(0);
  expect(moved.filter((name) => name.startsWith("blocks."))).toEqual([]);
});
