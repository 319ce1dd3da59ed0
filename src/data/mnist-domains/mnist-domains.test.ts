import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fromSnakeCase } from "../../config/case.ts";
import { key } from "../../random/index.ts";
import type { ImageDataset, Split } from "../dataset.ts";
import { openDataset } from "../open-dataset.ts";
import { colorImage, colorLabel } from "./color.ts";
import { coloredMnist, rotatedMnist } from "./definitions.ts";
import { rotateImage } from "./rotate.ts";
import type { MnistDomainsSpec } from "./spec.ts";

const root = mkdtempSync(join(tmpdir(), "moesaic-domains-"));
const sizes = { train: 200, t10k: 40 } as const;

/** Image i has its index in the four central pixels, and a bar at its left; its class is i mod 10. */
function image(i: number): Uint8Array {
  const pixels = new Uint8Array(784);
  for (const at of [13 * 28 + 13, 13 * 28 + 14, 14 * 28 + 13, 14 * 28 + 14]) pixels[at] = i + 1;
  for (let row = 4; row < 24; row++) pixels[row * 28 + 4] = 200;
  return pixels;
}

beforeAll(() => {
  const folder = join(root, "mnist");
  mkdirSync(folder);
  let first = 0;
  for (const [part, count] of Object.entries(sizes)) {
    const places = Array.from({ length: count }, (_, i) => first + i);
    const head = [0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, 28, 0, 0, 0, 28];
    const images = Buffer.concat([Buffer.from(head), ...places.map(image)]);
    const labels = Buffer.from([0, 0, 8, 1, 0, 0, 0, count, ...places.map((i) => i % 10)]);
    writeFileSync(join(folder, `${part}-images-idx3-ubyte`), images);
    writeFileSync(join(folder, `${part}-labels-idx1-ubyte`), labels);
    first += count;
  }
});
afterAll(() => rmSync(root, { recursive: true }));

const open = (split: Split, more: Partial<MnistDomainsSpec> = {}): Promise<ImageDataset> =>
  openDataset({ name: "rotated-mnist", root, split, ...more });
const samples = (set: ImageDataset) => Array.from({ length: set.length }, (_, i) => set.get(i));
/** The index of the source image, read from the centre of an unrotated sample. */
const numberOf = ({ image: pixels }: { image: Uint8Array }): number => pixels[14 * 28 + 14]! - 1;

test("each image of both files is in one domain, which sets aside a fifth", async () => {
  const sets = [await open("train"), await open("validation")];
  expect(sets.map(({ length }) => length)).toEqual([192, 48]); // 240 / 6 = 40 in each domain
  const all = sets.flatMap(samples);
  const names = ["0", "15", "30", "45", "60", "75"];
  const counts = names.map((name) => all.filter(({ domain }) => domain === name).length);
  expect(counts).toEqual([40, 40, 40, 40, 40, 40]);
  expect(sets[0]!.domains!.names).toEqual(names);
  for (const set of sets) {
    samples(set).forEach(({ domain }, i) => {
      expect(set.domains!.names[set.domains!.of(i)]).toBe(domain);
    });
  }
});

test("images are rotated by the angle of their domain and keep their class", async () => {
  for (const domain of ["0", "45"]) {
    const set = await open("train", { domains: [domain] });
    const whole = samples(await open("train")).filter((one) => one.domain === domain);
    expect(set.length).toBe(32);
    samples(set).forEach((sample, i) => {
      const stored = numberOf(sample);
      if (domain === "0") {
        expect(sample.label).toBe(stored % 10);
        expect(sample.image).toEqual(image(stored));
      }
      // The result does not depend on the other opened domains.
      expect(sample.image).toEqual(whole[i]!.image);
    });
  }
  const [sample] = samples(await open("train", { domains: ["45"] }));
  const side = { height: 28, width: 28 };
  const turned = Array.from({ length: 240 }, (_, i) => rotateImage(image(i), side, 45));
  const at = turned.findIndex((pixels) => Buffer.compare(pixels, sample!.image) === 0);
  expect(at % 10).toBe(sample!.label);
});

test("the test split consists of the held-out domains", async () => {
  const [train, held] = [
    await open("train", { testDomains: ["75"] }),
    await open("test", { testDomains: ["75"] }),
  ];
  expect(train.domains!.names).not.toContain("75");
  expect(held.domains!.names).toEqual(["75"]);
  expect(held.length).toBe(40);
  expect(samples(await open("train", { samples: 60 }))).toHaveLength(48);
  await expect(open("train", { samples: 241 })).rejects.toThrow(
    "rotated-mnist: samples must be a whole number from 1 to 240, got 241",
  );
});

test("coloured images have two classes, one channel, and colours correlated with the label", async () => {
  const set = await open("train", { name: "colored-mnist" });
  expect(set.imageShape).toEqual({ height: 28, width: 28, channels: 3 });
  expect(set.domains!.names).toEqual(["+90%", "+80%", "-90%"]);
  for (const { image: pixels, label } of samples(set)) {
    const sums = [0, 1, 2].map((c) =>
      pixels.filter((_, at) => at % 3 === c).reduce((a, b) => a + b),
    );
    expect(sums.filter((sum) => sum > 0)).toHaveLength(1);
    expect(sums[2]).toBe(0);
    expect([0, 1]).toContain(label);
  }
  expect([...colorImage(Uint8Array.from([7, 9]), 1)]).toEqual([0, 7, 0, 0, 9, 0]);
});

test("labels and colours are flipped at the expected rates", () => {
  const shares = (domain: string) => {
    const draws = Array.from({ length: 4000 }, (_, i) => colorLabel(key(i), i % 10, domain));
    const share = (is: (draw: (typeof draws)[number], i: number) => boolean): number =>
      draws.filter(is).length / draws.length;
    return [
      share(({ label }, i) => label === (i % 10 < 5 ? 1 : 0)),
      share(({ label, color }) => label === color),
    ];
  };
  // Four standard errors of 4000 draws are at most 0.03.
  for (const [domain, agreement] of [
    ["+90%", 0.9],
    ["+80%", 0.8],
    ["-90%", 0.1],
  ] as const) {
    const [label, color] = shares(domain);
    expect(Math.abs(label! - 0.75)).toBeLessThan(0.03);
    expect(Math.abs(color! - agreement)).toBeLessThan(0.03);
  }
});

test("the definitions know classes, shape and domains without reading files", async () => {
  for (const definition of [rotatedMnist, coloredMnist]) {
    const set = await definition.open({ name: definition.name, root, split: "train" } as never, {});
    const parsed = definition.schema.parse({
      name: definition.name,
      normalize: { mean: [0], std: [1] },
    });
    const settings = fromSnakeCase(parsed) as never;
    const { classNames, imageShape } = set;
    expect(definition.describe?.(settings)).toEqual({ classNames, imageShape });
    expect(await definition.domains?.(settings)).toEqual(set.domains!.names);
    expect(definition.hasTestSplit?.(settings)).toBe(false);
  }
});
