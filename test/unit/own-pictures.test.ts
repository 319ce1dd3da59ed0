import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { plainPng } from "../../src/data/images/pictures.fixture.ts";
import { moesaic, temporaryFolder } from "./moesaic.fixture.ts";

const folder = temporaryFolder();
afterAll(() => folder.remove());

function put(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(folder.path, path)), { recursive: true });
  writeFileSync(join(folder.path, path), content);
}

/** A short training on the pictures of a folder. */
function train(name: string, ...more: string[]) {
  const recipe = join(folder.path, `${name}.yaml`);
  writeFileSync(
    recipe,
    `extends: shapes-vit-moe
data:
  name: image-folder
  folder: ${join(folder.path, name)}
  size: 16
  on_broken: skip
  workers: 0
  augment: []
  normalize: { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] }
model: { width: 16, num_layers: 1, patch_size: 8 }
train: { max_steps: 2, batch_size: 4 }
schedule: { warmup_steps: 0 }
runtime: { threads: 1 }
`,
  );
  return moesaic("train", recipe, "--run", join(folder.path, `run-${name}`), ...more);
}

test("skipped pictures and files are shown once and written into the run directory", async () => {
  for (let i = 0; i < 12; i++) {
    put(`pets/train/cat/${i}.png`, plainPng(3, 2, [i, 0, 0]));
    put(`pets/train/dog/deep/${i}.png`, plainPng(3, 2, [0, i, 0]));
    put(`pets/valid/${i % 2 ? "cat" : "dog"}/${i}.png`, plainPng(3, 2, [0, 0, i]));
  }
  put("pets/train/cat/notes.txt", "text");
  put("pets/valid/dog/broken.png", "no picture");
  const { code, err } = await train("pets");
  expect(err).toContain("skipped 1 file: their names end in .txt");
  expect(err.match(/skipped 1 of 13 pictures: it is not a JPEG/g)).toHaveLength(1);
  expect(code).toBe(0);
  const report = JSON.parse(readFileSync(join(folder.path, "run-pets/data-report.json"), "utf8"));
  expect(report).toMatchObject([
    {
      kind: "skipped",
      what: "files",
      count: 1,
      example: join(folder.path, "pets/train/cat/notes.txt"),
    },
    { kind: "warning", message: expect.stringContaining("has no test folder") },
    { kind: "skipped", what: "pictures", count: 1, of: 13 },
  ]);
});

test("a class of the test folder that training lacks is found before the first step", async () => {
  for (let i = 0; i < 8; i++) {
    for (const split of ["train", "val"])
      put(`cars/${split}/a/${i}.png`, plainPng(2, 2, [i, 0, 0]));
  }
  put("cars/test/b/1.png", plainPng(2, 2, [0, 0, 0]));
  const { code, err } = await train("cars");
  expect(err).toContain("the training pictures have no class b");
  expect(code).toBe(1);
  expect(existsSync(join(folder.path, "run-cars"))).toBe(false);
});

test("grey pictures by data.channels", async () => {
  for (let i = 0; i < 20; i++) put(`grey/${i % 2 ? "a" : "b"}/${i}.png`, plainPng(2, 2, [i, 0, 0]));
  const grey = ["data.channels=1", "data.normalize={mean: [0.5], std: [0.25]}"];
  expect((await train("grey", ...grey)).code).toBe(0);
  const inputs = readFileSync(join(folder.path, "run-grey/model-inputs.json"), "utf8");
  expect(JSON.parse(inputs).images).toEqual({ height: 16, width: 16, channels: 1 });
});
