import { homedir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fromSnakeCase } from "../config/case.ts";
import type { Split } from "../data/dataset.ts";
import { openShapes, type ShapesSpec } from "../data/shapes/index.ts";
import { dataSchema } from "./data-config.ts";
import { datasetSpec, hasTestSplit } from "./data-specs.ts";

const normalize = { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] };

const parse = (settings: object) => dataSchema.parse({ name: "shapes", normalize, ...settings });

/** Names such as "red heart" of all objects, and the number of objects per image. */
function drawn(settings: object, split: Split): { kinds: string[]; counts: number[] } {
  const spec = datasetSpec(fromSnakeCase(parse(settings)), split, 7) as ShapesSpec;
  const set = openShapes(spec);
  const samples = Array.from({ length: 400 }, (_, index) => set.get(index).attributes!);
  return {
    kinds: samples.flat().map(({ color, shape }) => `${color} ${shape}`),
    counts: samples.map(({ length }) => length),
  };
}

test("held-out objects occur only in the test split, as main or other object", () => {
  const held_out = [{ color: "red", shape: "heart" }, { color: "cyan" }];
  const isHeldOut = (kind: string): boolean => kind === "red heart" || kind.startsWith("cyan");
  for (const split of ["train", "validation"] as const) {
    const { kinds } = drawn({ held_out }, split);
    expect(kinds.filter(isHeldOut)).toEqual([]);
    expect(kinds).toContain("blue heart");
  }
  const { kinds } = drawn({ held_out }, "test");
  expect(kinds).toContain("red heart");
  expect(kinds.some((kind) => kind.startsWith("cyan"))).toBe(true);
  expect(kinds.some((kind) => !isHeldOut(kind))).toBe(true);
});

test("the number of objects is set for every split", () => {
  for (const split of ["train", "validation", "test"] as const) {
    expect(new Set(drawn({ objects: [1, 2] }, split).counts)).toEqual(new Set([1, 2]));
    expect(new Set(drawn({ objects: [2, 2] }, split).counts)).toEqual(new Set([2]));
  }
});

test("patterns that leave too few combinations are refused", () => {
  const shapes = ["circle", "square", "triangle", "star", "cross", "heart", "crescent", "arrow"];
  const all = shapes.map((shape) => ({ shape }));
  expect(() => parse({ held_out: all })).toThrow(
    "held_out leaves 0 of 64 combinations of color and shape",
  );
  const colors = ["orange", "yellow", "green", "cyan", "blue", "purple"];
  const two = [...all.slice(1), ...colors.map((color) => ({ color, shape: "circle" }))];
  expect(() => parse({ held_out: two })).toThrow(
    "held_out leaves 2 of 64 combinations of color and shape, fewer than the 3 objects of an image; hold out less",
  );
  expect(drawn({ held_out: two, objects: [1, 2] }, "train").kinds).toContain("red circle");
  expect(() => parse({ held_out: [{}] })).toThrow(
    "names neither a color nor a shape; give one or both",
  );
  expect(() => parse({ held_out: [{ shape: "hexagon" }] })).toThrow("circle");
  expect(() => parse({ objects: [3, 1] })).toThrow("must not exceed the maximum, got [3, 1]");
  expect(() => parse({ objects: [0, 4] })).toThrow();
});

test("files and columns of captioned pictures are passed to the data layer unchanged", () => {
  const captioned = (more: object) =>
    fromSnakeCase(
      dataSchema.parse({ name: "captioned-images", folder: "pets", normalize, ...more }),
    );
  const data = captioned({
    files: { train: "train.parquet", test: "test.csv" },
    columns: { image: "photo", captions: ["caption_a", "caption_b"] },
    on_broken: "skip",
    size: 64,
    tokenizer: { kind: "character", specials: ["unknown", "end"] },
  });
  expect(datasetSpec(data, "test", 0)).toEqual({
    name: "captioned-images",
    split: "test",
    folder: "pets",
    files: { train: "train.parquet", test: "test.csv" },
    columns: { image: "photo", captions: ["caption_a", "caption_b"] },
    onBroken: "skip",
    followLinks: true,
    size: 64,
    resize: "squash",
    channels: 3,
  });
  expect([data, captioned({}), captioned({ test_size: 0 })].map(hasTestSplit)).toEqual([
    true,
    true,
    false,
  ]);
});

test("held-out styles of the shapes are drawn only by the test split", () => {
  const spec = (more: object, split: "train" | "validation" | "test") => {
    const data = fromSnakeCase(dataSchema.parse({ name: "shapes", normalize, ...more }));
    const found = datasetSpec(data, split, 0);
    return "domains" in found ? found.domains : undefined;
  };
  const held = { test_domains: ["outline"] };
  expect(spec(held, "train")).toEqual(["flat", "noisy", "inverted"]);
  expect(spec(held, "validation")).toEqual(["flat", "noisy", "inverted"]);
  expect(spec(held, "test")).toEqual(["outline"]);
  expect(spec({ ...held, domains: ["flat", "outline"] }, "train")).toEqual(["flat"]);
  expect(spec({}, "test")).toBeUndefined();
  expect(() =>
    dataSchema.parse({ name: "shapes", normalize, ...held, domains: ["outline"] }),
  ).toThrow("test_domains holds out every existing style (outline); keep one for training");
});

test("sets in domains have a test split if one is held out", () => {
  const parse = (more: object) => fromSnakeCase(dataSchema.parse({ normalize, ...more }));
  const rotated = parse({
    name: "rotated-mnist",
    test_domains: ["75"],
    samples: 600,
    split_seed: 2,
  });
  expect(datasetSpec(rotated, "validation", 5)).toEqual({
    name: "rotated-mnist",
    split: "validation",
    testDomains: ["75"],
    samples: 600,
    splitSeed: 2,
  });
  expect(
    [rotated, parse({ name: "colored-mnist" }), parse({ name: "pacs" })].map(hasTestSplit),
  ).toEqual([true, false, false]);
  const styles = { name: "image-folder", folder: "styles", layout: "domain/class" };
  expect([parse(styles), parse({ ...styles, test_domains: ["sketch"] })].map(hasTestSplit)).toEqual(
    [false, true],
  );
  expect(() => parse({ name: "rotated-mnist", test_domains: ["90"] })).toThrow();
  expect(() => parse({ name: "colored-mnist", test_domains: ["+90%"] })).not.toThrow();
});

test("a leading ~ in paths is the home folder", () => {
  const folder = { name: "image-folder", folder: "~/pets", normalize };
  expect(dataSchema.parse(folder)).toMatchObject({ folder: join(homedir(), "pets") });
  expect(dataSchema.parse({ ...folder, folder: "~pets" })).toMatchObject({ folder: "~pets" });
  const texts = {
    name: "text-file",
    root: "~",
    file: ["~/a.txt", "b.txt"],
    tokenizer: { kind: "byte" },
  };
  expect(dataSchema.parse(texts)).toMatchObject({
    root: homedir(),
    file: [join(homedir(), "a.txt"), "b.txt"],
  });
});
