import { totalmem } from "node:os";
import { expect, test } from "vitest";
import { allocate } from "../graph/array.ts";
import { input } from "../graph/inputs.ts";
import { linear } from "../nn/linear.ts";
import { createScope } from "../nn/scope.ts";
import { loadTrainConfig } from "../recipe/load-train-config.ts";
import { checkMemory, createMemoryLimit, machineMemory } from "./memory-limit.ts";

const machine = 16e9;
const refusal = async (recipe: string, overrides: string[], memory = machine): Promise<unknown> => {
  const config = await loadTrainConfig(recipe, { overrides });
  return checkMemory(config, { moments: 2, machine: memory, tokenizer: undefined }).then(
    () => undefined,
    (error: unknown) => error,
  );
};

test("parameters, gradients, moments, averages, a batch and the largest activation are added", async () => {
  const config = await loadTrainConfig("shapes-vit-moe", { overrides: ["train.ema_decay=0.9"] });
  const trace = (memory: number): void => {
    const admit = createMemoryLimit(config, { moments: 2, machine: memory });
    const { scope } = createScope({ training: true, admit });
    for (const name of ["a", "a", "b"]) {
      const x = input(scope.graph, "x", { dtype: "float32", shape: [4, 100] });
      linear(scope.child(name), x, 50);
    }
  };
  // Two layers of 5050 parameters, once each, in five buffers; x; one result of [4, 50] at a time.
  const needed = 2 * 5050 * 4 * 5 + 4 * 100 * 4 + 4 * 50 * 4;
  expect(() => trace(needed)).not.toThrow();
  expect(() => trace(needed - 1)).toThrow(
    "the training needs 204 kB of memory or more (parameters 40.4 kB, gradients 40.4 kB, the optimizer's moments 80.8 kB, averaged weights 40.4 kB, a batch 1.60 kB",
  );
});

test.each([
  ["shapes-vit-moe", "model.width=100000", "lower model.width (100000), model.num_layers (2),"],
  ["shapes-vit-moe", "model.width=1000000000", "lower model.width (1000000000)"],
  ["shapes-vit-moe", "train.batch_size=690000", " or train.batch_size (690000)"],
  ["limoe-b16", "model.width=120000", "lower model.width (120000)"],
])("%s %s is refused in one sentence", async (recipe, override, advice) => {
  const began = process.cpuUsage();
  const error = await refusal(recipe, [override]);
  const { user, system } = process.cpuUsage(began);
  expect(user + system).toBeLessThan(2e6);
  expect(error).toMatchObject({ exitCode: 2 });
  expect((error as Error).message).toMatch(/^the training needs \S+ [GTPE]B of memory or more/);
  expect((error as Error).message).toContain("and this machine has 16.0 GB");
  expect((error as Error).message).toContain(advice);
});

test("recipes of this size train, and a large one does not", async () => {
  for (const recipe of ["quickstart", "shapes-vit-moe", "seemoe-shapes"]) {
    expect(await refusal(recipe, []), recipe).toBeUndefined();
  }
  const error = await refusal("limoe-b16", ["train.batch_size=1000000"]);
  expect(error).toMatchObject({ exitCode: 2 });
});

test("a tensor of 2^31 elements is refused on a machine of any size", async () => {
  const wide = await refusal("shapes-vit-moe", ["model.width=1000000000"], Infinity);
  expect(String(wide)).toMatch(/the tensor \S+ \[.*\] has \d+ elements, and at most 2147483647/);
  const many = await refusal("shapes-vit-moe", ["train.batch_size=1000000"], Infinity);
  expect(String(many)).toContain("the tensor images [1000000, 3, 32, 32] has 3072000000 elements");
});

test("more layers than any model has are refused with the settings", async () => {
  const load = loadTrainConfig("shapes-vit-moe", { overrides: ["model.num_layers=100000"] });
  await expect(load).rejects.toThrow(
    "model.num_layers must be a whole number > 0 and <= 1000, got 100000",
  );
});

test("the machine has memory, and memory that cannot be allocated is named", () => {
  expect(machineMemory()).toBeGreaterThan(1e8);
  expect(machineMemory()).toBeLessThanOrEqual(totalmem());
  expect(() => allocate("float32", [1e9, 1e6])).toThrow(
    "4.00 PB of memory cannot be allocated at once; lower the sizes",
  );
});
