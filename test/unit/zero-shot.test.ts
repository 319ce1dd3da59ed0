/** `moesaic zero-shot` and `moesaic probe` on a trained run. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { plainPng } from "../../src/data/images/pictures.fixture.ts";
import { shapeNames } from "../../src/data/index.ts";
import { moesaic, temporaryFolder } from "./moesaic.fixture.ts";
import { json, refusal, trainPairs, writePictureFolder } from "./pairs.fixture.ts";

const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder.path, ...names);
let run = "";
let pictures = "";
beforeAll(async () => {
  run = await trainPairs(folder.path);
  pictures = writePictureFolder(folder.path);
});
afterAll(folder.remove);

interface Scores {
  readonly source: string;
  readonly templates: string[];
  readonly num_images: number;
  readonly zero_shot_accuracy: number;
  readonly zero_shot_top5_accuracy: number;
  readonly labels: string[];
  readonly class_accuracy: (number | null)[];
  readonly confusion: number[][];
}

interface Labelled {
  readonly images: { image: string; labels: { label: string; probability: number }[] }[];
}

describe("zero-shot", () => {
  test("scores the test split like training", async () => {
    const scores = await json<Scores>("zero-shot", run);
    const summary = JSON.parse(readFileSync(join(run, "summary.json"), "utf8"));
    expect(scores.zero_shot_accuracy).toBe(summary.test.zero_shot_accuracy);
    expect(scores).toMatchObject({ source: "shapes test", num_images: 24, labels: shapeNames });
    expect(scores.templates).toContain("an orange {}");
    const right = scores.confusion.reduce((sum, row, c) => sum + row[c]!, 0);
    expect(right / 24).toBe(scores.zero_shot_accuracy);
    expect(scores.zero_shot_top5_accuracy).toBeGreaterThanOrEqual(scores.zero_shot_accuracy);
    const { code, out } = await moesaic("zero-shot", run, "--split", "validation");
    expect(code).toBe(0);
    expect(out).toMatch(/^label +images +accuracy +most often confused with\ncircle /);
    expect(out).toMatch(/\nzero_shot_accuracy 0\.\d+\nzero_shot_top5_accuracy [\d.]+\n$/);
  });

  test("labels in another order are other classes, and templates are sentences", async () => {
    const reversed = [...shapeNames].reverse();
    const own = await json<Scores>("zero-shot", run, "--labels", shapeNames.join(","));
    const turned = await json<Scores>("zero-shot", run, "--labels", reversed.join(","));
    expect(turned.confusion[0]).toEqual([...own.confusion[0]!].reverse());
    writeFileSync(at("templates.txt"), "a red {}\n\na blue {}\n");
    const named = await json<Scores>("zero-shot", run, "--templates", at("templates.txt"));
    expect(named.templates).toEqual(["a red {}", "a blue {}"]);
    const given = await json<Scores>("zero-shot", run, "--templates", "a red {}", "a blue {}");
    expect(given.confusion).toEqual(named.confusion);
  });

  test("pictures of a folder get their best labels; broken ones are skipped and reported", async () => {
    writeFileSync(at("labels.txt"), "star\nred circle\nblue cross\ngreen heart\n");
    const argv = ["zero-shot", run, "--images", pictures, "--labels", at("labels.txt")];
    const { images } = await json<Labelled>(...argv);
    expect(images.map(({ image }) => image)).toEqual(["deep/blue.png", "red.png"]);
    for (const { labels } of images) {
      expect(labels).toHaveLength(3);
      const probabilities = labels.map(({ probability }) => probability);
      expect(probabilities).toEqual([...probabilities].sort((a, b) => b - a));
    }
    const { code, out, err } = await moesaic(...argv);
    expect([code, out.split("\n").length]).toEqual([0, 4]);
    expect(out).toMatch(/red\.png +[a-z ]+ [\d.]+ %/);
    expect(err).toContain("skipped 1 of 3 pictures: it is not a JPEG");
    const stopped = await moesaic(...argv, "--on-broken", "stop");
    expect([stopped.code, stopped.err.match(/broken\.png cannot be decoded/g)]).toEqual([
      1,
      [expect.anything()],
    ]);
  });

  test("without labels, a folder is classified by the classes of the run's data", async () => {
    const { images } = await json<Labelled>("zero-shot", run, "--images", pictures);
    for (const { labels } of images) expect(shapeNames).toContain(labels[0]!.label);
  });

  test("labels that the model cannot distinguish are reported", async () => {
    const labels = ["--labels", "zebra,gnu,star"];
    const { code, err } = await moesaic("zero-shot", run, "--images", pictures, ...labels);
    expect(code).toBe(0);
    expect(err).toContain(
      "2 of 3 labels have the same tokens as another label (zebra, gnu); use words of",
    );
  });

  test("a folder with class subfolders is scored", async () => {
    for (const [name, color] of [
      ["star", [200, 0, 0]],
      ["heart", [0, 0, 200]],
    ] as const) {
      mkdirSync(at("classes", "train", name), { recursive: true });
      mkdirSync(at("classes", "test", name), { recursive: true });
      writeFileSync(at("classes", "train", name, "1.png"), plainPng(8, 8, color));
      writeFileSync(at("classes", "test", name, "2.png"), plainPng(30, 20, color));
    }
    const scores = await json<Scores>("zero-shot", run, "--data", at("classes"));
    expect(scores).toMatchObject({ num_images: 2, labels: ["heart", "star"] });
    expect(scores).not.toHaveProperty("zero_shot_top5_accuracy");
  });

  test("labels that are not the classes get counts, and no accuracy", async () => {
    const labels = ["--labels", "star,heart,anything else"];
    const scores = await json<Labelled>("zero-shot", run, ...labels);
    expect(scores.images).toHaveLength(24);
    expect(scores).not.toHaveProperty("zero_shot_accuracy");
    const { code, out, err } = await moesaic("zero-shot", run, ...labels);
    expect(code).toBe(0);
    expect(err).toContain("no accuracy: 3 labels for 8 classes; pass one label for each class");
    const counts = [...out.matchAll(/^(star|heart|anything else) +(\d+) /gm)];
    expect(counts.map(([, label]) => label)).toEqual(["star", "heart", "anything else"]);
    expect(counts.reduce((sum, [, , count]) => sum + Number(count), 0)).toBe(24);
    expect(out).not.toContain("accuracy");
  });

  test.each<[string, string[], string]>([
    ["a label twice", ["--labels", "star, star"], 'the label "star" is given twice'],
    ["no label", ["--labels", ","], "--labels takes names such as cat,dog"],
    ["no place in a template", ["--templates", "a star"], 'the template "a star" has no {}'],
    ["an unknown set", ["--data", "pets"], '"pets" is neither a folder nor a set of images'],
    ["an unknown split", ["--split", "dev"], '--split takes train, validation or test, got "dev"'],
    [
      "two sources",
      ["--images", ".", "--split", "test"],
      "--images cannot be combined with --split",
    ],
    ["no such folder", ["--images", "nowhere"], "nowhere is not a folder"],
    ["no such way", ["--images", ".", "--on-broken", "repair"], "--on-broken takes skip or stop"],
    ["no such checkpoint", ["--checkpoint", "first"], "--checkpoint takes best, latest or a step"],
  ])("%s is refused", async (_, argv, message) => {
    expect(await refusal("zero-shot", run, ...argv)).toContain(message);
  });
});

interface Probe {
  readonly accuracy: number;
  readonly train_images: number;
  readonly l2?: number;
  readonly confusion: number[][];
}

describe("probe", () => {
  test("nearest neighbours and a linear classifier on the frozen embeddings", async () => {
    const knn = await json<Probe>("probe", run, "--kind", "knn", "--k", "5");
    expect(knn).toMatchObject({ kind: "knn", k: 5, train_images: 96, test_images: 24 });
    const linear = await json<Probe>("probe", run, "--kind", "linear", "--max-train", "60");
    expect(linear).toMatchObject({ train_images: 60, test_images: 24, data: "shapes" });
    expect(linear.l2).toBeGreaterThan(0);
    for (const { accuracy, confusion } of [knn, linear]) {
      expect(confusion.reduce((sum, row, c) => sum + row[c]!, 0) / 24).toBe(accuracy);
    }
    const again = await json<Probe>("probe", run, "--kind", "linear", "--max-train", "60");
    expect(again).toEqual(linear);
  });

  test.each<[string, string[], string]>([
    ["an unknown kind", ["--kind", "svm"], '--kind takes linear or knn, got "svm"'],
    [
      "neighbours of a line",
      ["--kind", "linear", "--k", "3"],
      "--k and --temperature require --kind knn",
    ],
    ["no neighbours", ["--kind", "knn", "--k", "0"], "--k takes a whole number >= 1"],
    ["a temperature of 0", ["--kind", "knn", "--temperature", "0"], 'a number above 0, got "0"'],
    ["no kind", [], "required option --kind <which> not specified"],
  ])("%s is refused", async (_, argv, message) => {
    expect(await refusal("probe", run, ...argv)).toContain(message);
  });
});
