/** Invalid input to the whole command: a clear error, no output on stdout, and the right exit code. */
import { cpSync, existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { moesaic, temporaryFolder, tinyRecipe } from "./moesaic.fixture.ts";

const folder = temporaryFolder();
afterAll(folder.remove);
const at = (...names: string[]): string => join(folder.path, ...names);
const recipe = at("tiny.yaml");
const run = at("run");
const shortly = ["train.max_steps=2", "schedule.warmup_steps=0", "train.accumulation_steps=1"];

beforeAll(async () => {
  writeFileSync(recipe, tinyRecipe);
  expect((await moesaic("train", recipe, ...shortly, "--run", run)).code).toBe(0);
});

async function expectRefusal(
  argv: readonly string[],
  exitCode: number,
  ...parts: (string | RegExp)[]
): Promise<void> {
  const { code, out, err } = await moesaic(...argv);
  const lines = err.trimEnd().split("\n");
  expect(lines.at(-1)).toMatch(/^error: /);
  for (const part of parts) expect(lines.at(-1)).toMatch(part);
  expect(lines.filter((line) => line.startsWith("error: ")).length).toBe(1);
  expect(err).not.toMatch(/\n\s+at /);
  expect(err).not.toContain("MOESAIC_DEBUG"); // represents an unexpected error
  expect(out).toBe("");
  expect(code).toBe(exitCode);
}

describe("recipes and settings", () => {
  test.each<[string, string[], (string | RegExp)[]]>([
    ["an unknown recipe", ["quickstrat"], ["unknown recipe quickstrat; did you mean quickstart?"]],
    ["a missing file", ["./no-such.yaml"], ["cannot read no-such.yaml: does not exist"]],
    [
      "a mistyped key in an argument",
      ["diff-moe-shapes", "model.num_layer=2"],
      ['unknown key num_layer in argument "model.num_layer=2"', "did you mean num_layers?"],
    ],
    [
      "a wrong type in an argument",
      ["diff-moe-shapes", "model.width=wide"],
      ["model.width", "wide"],
    ],
    [
      "an image size that is not a multiple of the patch",
      ["diff-moe-shapes", "model.patch_size=5"],
      ["image of 32x32 pixels cannot be divided into patches of 5", "patch_size"],
    ],
    [
      "more selected experts than experts",
      ["diff-moe-shapes", "model.num_selected_experts=9"],
      [
        "num_selected_experts must be between 1 and the number of experts (6), got 9".replace(
          /[()]/g,
          "\\$&",
        ),
      ].map((text) => new RegExp(text)),
    ],
    [
      "heads that do not divide the width",
      ["diff-moe-shapes", "model.num_heads=5"],
      ["model.width 64 cannot be divided among model.num_heads 5"],
    ],
    [
      "a model that is larger than any machine",
      ["diff-moe-shapes", "model.width=1000000"],
      ["the training needs", "of memory or more", /lower model\.width \(1000000\)/],
    ],
    [
      "a warm-up longer than the run",
      ["diff-moe-shapes", "train.max_steps=3", "schedule.warmup_steps=4"],
      ["schedule.warmup_steps 4 exceeds the 3 steps of the run"],
    ],
    [
      "a batch larger than the training split",
      ["diff-moe-shapes", "data.train_size=8", "train.batch_size=64"],
      ["batch_size 64 exceeds the dataset of 8 samples"],
    ],
    [
      "normalisation for another number of channels",
      ["diff-moe-shapes", "data.normalize.mean=[0.5, 0.5]"],
      ["normalize needs 1 or 3 values for mean"],
    ],
    [
      "a crop larger than the image",
      ["diff-moe-shapes", "data.augment=[{random_crop: {size: 40, padding: 3}}]"],
      ["a window of 40 x 40 does not fit in 32 x 32 with padding 3"],
    ],
    [
      "experts without a hidden unit",
      ["diff-moe-shapes", "model.mlp_ratio=0.001"],
      ["model.mlp_ratio 0.001 of model.width 64 gives experts no hidden unit"],
    ],
    [
      "a model that cannot read the data",
      ["diff-moe-shapes", "model={system: text-classifier}"],
      ["text-classifier learns from labelled sentences, but data.name shapes is images"],
    ],
    [
      "another model that cannot read the data",
      ["classic-mixture", "model.system=vit-moe"],
      ["vit-moe learns from images, but data.name gaussian-shift is points"],
    ],
    [
      "a rule without matching parameters",
      ["diff-moe-shapes", "optimizer.rules=[{parameters: 'nothing.*'}]"],
      ["no parameter is called nothing.*"],
    ],
    [
      "missing initial weights",
      ["diff-moe-shapes", "init_from={path: nowhere.safetensors}"],
      ["init_from.path nowhere.safetensors does not exist"],
    ],
    [
      "a missing text file",
      ["makemoe-shakespeare", "data.root=nowhere"],
      ["nowhere/tinyshakespeare/input.txt is missing"],
    ],
    [
      "a key that the data set does not have",
      ["diff-moe-fashion-mnist-small", "data.image_size=32"],
      ['unknown key image_size in argument "data.image_size=32"; known keys here: name, root'],
    ],
  ])("%s", async (_, argv, parts) => {
    const path = at("refused");
    await expectRefusal(["train", ...argv, "--run", path], 2, ...parts);
    expect(existsSync(path)).toBe(false);
  });

  test("a mistyped key in a file, with line and column", async () => {
    const path = at("typo.yaml");
    writeFileSync(path, tinyRecipe.replace("num_heads", "num_head"));
    await expectRefusal(["train", path], 2, `unknown key num_head at ${path}:8:3`, "num_heads");
  });

  test("a wrong type in a file, with line and column", async () => {
    const path = at("type.yaml");
    writeFileSync(path, tinyRecipe.replace("width: 16", "width: broad"));
    await expectRefusal(["train", path], 2, "model.width", `${path}:6:10`);
  });

  test("a file that is not YAML, with line and column", async () => {
    const path = at("broken.yaml");
    writeFileSync(path, "model: [1, 2\nseed: 3\n");
    await expectRefusal(["train", path], 2, new RegExp(`${path}:\\d+:\\d+`));
  });
});

describe("data files", () => {
  const images = (count: number): Uint8Array => {
    const bytes = new Uint8Array(16 + count * 784);
    new DataView(bytes.buffer).setUint32(0, 0x0803);
    for (const [i, size] of [count, 28, 28].entries()) {
      new DataView(bytes.buffer).setUint32(4 + 4 * i, size);
    }
    return bytes;
  };
  const labels = (count: number): Uint8Array => {
    const bytes = new Uint8Array(8 + count);
    new DataView(bytes.buffer).setUint32(0, 0x0801);
    new DataView(bytes.buffer).setUint32(4, count);
    return bytes;
  };
  const dataset = (name: string, files: Readonly<Record<string, Uint8Array>>): string => {
    mkdirSync(at(name, "fashion-mnist"), { recursive: true });
    const all = {
      "train-images-idx3-ubyte.gz": gzipSync(images(40)),
      "train-labels-idx1-ubyte.gz": gzipSync(labels(40)),
      ...files,
    };
    for (const [file, bytes] of Object.entries(all)) {
      writeFileSync(at(name, "fashion-mnist", file), bytes);
    }
    return at(name);
  };
  const train = (root: string): string[] => [
    "train",
    "diff-moe-fashion-mnist-small",
    `data.root=${root}`,
    "data.validation_size=8",
    "--run",
    at("refused"),
  ];

  test("a missing folder", async () => {
    await expectRefusal(
      train(at("nowhere")),
      2,
      `${at("nowhere")}/fashion-mnist/train-images-idx3-ubyte.gz is missing`,
      "moesaic data get fashion-mnist",
    );
  });

  const packed = gzipSync(images(40));
  const corrupt = Uint8Array.from(packed);
  corrupt.fill(0xff, 20, 40);
  const flipped = images(40);
  flipped[3] = 9;
  test.each<[string, Record<string, Uint8Array>, string]>([
    [
      "truncated gzip",
      { "train-images-idx3-ubyte.gz": packed.subarray(0, packed.length - 12) },
      "cannot be unpacked: the gzip data is truncated",
    ],
    [
      "corrupt gzip",
      { "train-images-idx3-ubyte.gz": corrupt },
      "cannot be unpacked: the gzip data is corrupt",
    ],
    [
      "truncated IDX",
      { "train-images-idx3-ubyte.gz": gzipSync(images(40).subarray(0, 5000)) },
      "is truncated: sizes 40 x 28 x 28 need 31360 bytes of data, got 4984",
    ],
    [
      "corrupt IDX",
      { "train-images-idx3-ubyte.gz": gzipSync(flipped) },
      "expected magic number 0x00000803, got 0x00000809",
    ],
    ["fewer labels than images", { "train-labels-idx1-ubyte.gz": gzipSync(labels(39)) }, "39"],
  ])("%s", async (name, files, message) => {
    await expectRefusal(train(dataset(name.replaceAll(" ", "-"), files)), 1, message, at(""));
  });
});

describe("training", () => {
  test("non-finite gradients end the training, and the run directory is not damaged", async () => {
    const path = at("diverged");
    const settings = ["optimizer.learning_rate=1e30", "schedule.warmup_steps=0"];
    await expectRefusal(
      ["train", recipe, ...settings, "--run", path],
      1,
      "the gradients are no longer finite at step 2",
      "lower optimizer.learning_rate",
    );
    expect(existsSync(join(path, "checkpoints"))).toBe(false);
  });

  test("only a checkpoint from before the divergence is named, and the training continues from it", async () => {
    const path = at("diverged-later");
    const often = ["train.checkpoint_every=1", "train.keep_checkpoints=3"];
    const length = (steps: number) => [`train.max_steps=${steps}`, "schedule.warmup_steps=0"];
    await moesaic("train", recipe, ...length(2), ...often, "--run", path);
    const resume = ["train", "--run", path, "--resume"];
    const far = "optimizer.learning_rate=1e30";
    const good = `, or continue from the checkpoint of step 2, which is from before: moesaic train --run ${path} --resume --checkpoint 2 optimizer.learning_rate=<lower>`;
    await expectRefusal([...resume, ...length(6), ...often, far], 1, "at step 4 (loss", good);
    expect(existsSync(join(path, "checkpoints", "3"))).toBe(true);

    truncateSync(join(path, "checkpoints", "2", "model.safetensors"), 9);
    const older = good.replaceAll(/step 2|checkpoint 2/g, (text) => text.replace("2", "1"));
    await expectRefusal([...resume, "--checkpoint", "3", far], 1, "at step 4 (loss", older);

    const lower = ["--checkpoint", "1", "optimizer.learning_rate=0.001"];
    expect((await moesaic(...resume, ...lower)).code).toBe(0);

    const ruined = ["train", recipe, ...length(6), ...often, far, "--run", at("ruined")];
    const none = "and start again; do not resume: no checkpoint is from before the divergence";
    await expectRefusal(ruined, 1, "at step 2 (loss NaN); lower", none);
  });

  test("images shrunk by augmentation are evaluated at that size", async () => {
    const size = "data.augment=[{random_crop: {size: 12}}]";
    const path = at("cropped");
    const { code } = await moesaic("train", recipe, ...shortly, size, "--run", path);
    expect(code).toBe(0);
    const uneven = "data.augment=[{resize: {size: [8, 24]}}]";
    const resized = await moesaic("train", recipe, ...shortly, uneven, "--run", at("resized"));
    expect(resized.code).toBe(0);
  });

  test("a fractional hidden width is rounded", async () => {
    const ratio = "model.mlp_ratio=1.33";
    const { code } = await moesaic("train", recipe, ...shortly, ratio, "--run", at("ratio"));
    expect(code).toBe(0);
  });
});

describe("run directories", () => {
  test("an existing one is not overwritten", async () => {
    const before = readFileSync(join(run, "metrics.jsonl"), "utf8");
    await expectRefusal(
      ["train", recipe, "--run", run],
      2,
      `${run} exists and is not empty; continue it with --resume, replace it with --overwrite or choose another --run`,
    );
    expect(readFileSync(join(run, "metrics.jsonl"), "utf8")).toBe(before);
  });

  test("a missing one is not resumed", async () => {
    await expectRefusal(["train", recipe, "--run", at("none"), "--resume"], 2, "no run to resume");
    await expectRefusal(["train", "--run", at("none"), "--resume"], 2, at("none"), "no run");
  });

  test("eval needs a run and a known split", async () => {
    await expectRefusal(["eval", folder.path], 2, `${folder.path} is not a run directory`);
    await expectRefusal(["eval", at("none")], 2, `${at("none")} is not a run directory`);
    await expectRefusal(
      ["eval", run, "--split", "tset"],
      2,
      '--split takes train, validation or test, got "tset"',
    );
    await expectRefusal(
      ["eval", run, "--checkpoint", "last"],
      2,
      '--checkpoint takes best, latest or a step, got "last"',
    );
  });

  test("a checkpoint of another model is not resumed, and is kept", async () => {
    const copy = at("other-model");
    cpSync(run, copy, { recursive: true });
    const checkpoint = join(copy, "checkpoints", "2", "model.safetensors");
    await expectRefusal(
      ["train", "--run", copy, "--resume", "model.width=24"],
      1,
      `${checkpoint} belongs to another model`,
      "use the configuration that the run was trained with",
    );
    await expectRefusal(
      ["train", "--run", copy, "--resume", "model.num_layers=2"],
      1,
      "it has no tensor blocks.1",
    );
    // The configuration of the checkpoint is still present, so it resumes.
    expect((await moesaic("train", "--run", copy, "--resume")).code).toBe(0);
  });

  test.each<[string, (path: string) => void, string]>([
    ["truncated", (path) => truncateSync(path, 3000), "is damaged"],
    ["empty", (path) => truncateSync(path, 0), "is damaged"],
    [
      "corrupt",
      (path) => {
        const bytes = readFileSync(path);
        bytes.fill(0x7b, 8, 200);
        writeFileSync(path, bytes);
      },
      "is damaged",
    ],
  ])("a checkpoint that is %s is reported", async (kind, damage, message) => {
    const copy = at(`damaged-${kind}`);
    cpSync(run, copy, { recursive: true });
    const checkpoint = join(copy, "checkpoints", "2", "model.safetensors");
    damage(checkpoint);
    await expectRefusal(["train", "--run", copy, "--resume"], 1, `${checkpoint} ${message}`);
    const averages = join(copy, "checkpoints", "2", "ema.safetensors");
    damage(averages);
    await expectRefusal(["eval", copy], 1, `${message}`, ".safetensors");
  });
});
