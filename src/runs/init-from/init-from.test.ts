import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { encodeSafetensors } from "../../formats/safetensors.ts";
import { allocate, array, type NdArray } from "../../graph/array.ts";
import { initFromSchema } from "../../recipe/init-from/init-from-config.ts";
import { initializeTensors } from "./init-from.fixture.ts";
import { describeInit } from "./report.ts";

const folder = mkdtempSync(join(tmpdir(), "moesaic-init-"));
afterAll(() => rmSync(folder, { recursive: true }));

const path = join(folder, "weights.safetensors");
writeFileSync(
  path,
  Buffer.concat(
    encodeSafetensors({
      "visual.proj.weight": array([
        [1, 2],
        [3, 4],
      ]),
      "visual.proj.bias": array([5, 6]),
      logit_scale: array([7]),
    }),
  ),
);

const model = (): Map<string, NdArray> =>
  new Map<string, NdArray>([
    ["proj.weight", allocate("float32", [2, 2])],
    ["proj.bias", allocate("float32", [3])],
    ["head.weight", allocate("float32", [2])],
  ]);
const settings = (options: object) => initFromSchema.parse({ path, ...options });
const rename = [{ from: "visual.", to: "" }];

test("names are mapped, and matching tensors are copied", async () => {
  const targets = model();
  const report = await initializeTensors(settings({ rename, strict: false }), targets);
  expect([...targets.get("proj.weight")!.data]).toEqual([1, 2, 3, 4]);
  expect([...targets.get("proj.bias")!.data]).toEqual([0, 0, 0]);
  expect(report).toMatchObject({
    filled: ["proj.weight"],
    missing: ["head.weight"],
    mismatched: [{ name: "proj.bias", stored: "float32 [2]", wanted: "float32 [3]" }],
    unused: ["logit_scale"],
  });
  expect(describeInit(report)).toEqual([
    `1 tensor starts from the weights of ${path}`,
    "missing in the file: head.weight",
    "proj.bias is float32 [2] in the file and float32 [3] in the model",
    "not used from the file: logit_scale",
  ]);
});

test("strict refuses mismatches unless they are excluded", async () => {
  await expect(initializeTensors(settings({ rename }), model())).rejects.toThrow(
    "missing in the file: head.weight; proj.bias is float32 [2] in the file",
  );
  const report = await initializeTensors(settings({ rename, include: ["proj.weight"] }), model());
  expect(report.filled).toEqual(["proj.weight"]);
  const exclude = ["head.*", "proj.bias", "logit_scale"];
  expect((await initializeTensors(settings({ rename, exclude }), model())).filled).toEqual([
    "proj.weight",
  ]);
});

test("a file without any matching tensor is refused even if partial filling is allowed", async () => {
  await expect(initializeTensors(settings({ strict: false }), model())).rejects.toThrow(
    "use init_from.rename to map names",
  );
});

test("a missing, empty or invalid file is reported", async () => {
  const at = (other: string) => initializeTensors({ ...settings({}), path: other }, model());
  await expect(at(join(folder, "none"))).rejects.toThrow("none does not exist");
  await expect(at(mkdtempSync(join(folder, "empty-")))).rejects.toThrow("has no checkpoint");
  writeFileSync(join(folder, "broken"), "not a header at all");
  await expect(at(join(folder, "broken"))).rejects.toThrow("broken cannot be read");
});

test("two tensors cannot map to one name", async () => {
  const clash = [
    { from: "visual.proj.bias", to: "logit_scale" },
    { from: "logit", to: "logit" },
  ];
  await expect(initializeTensors(settings({ rename: clash }), model())).rejects.toThrow(
    "to logit_scale",
  );
});
