import { expect, test } from "vitest";
import type { ImageSample } from "../dataset.ts";
import { openShapes } from "./shapes.ts";
import { type ColorName, domainNames, palette, type ShapesSpec, shapeNames } from "./spec.ts";

const open = (options: Partial<ShapesSpec> = {}, count = 400): ImageSample[] => {
  const set = openShapes({ name: "shapes", split: "train", ...options });
  return Array.from({ length: count }, (_, index) => set.get(index));
};

test("a sample is a function of seed, split and index", () => {
  const sample = open({}, 6)[5]!;
  expect(openShapes({ name: "shapes", split: "train" }).get(5)).toEqual(sample);
  expect(open({ seed: 1 }, 6)[5]!.image).not.toEqual(sample.image);
  expect(open({ split: "test" }, 6)[5]!.image).not.toEqual(sample.image);
  expect(sample.image.length).toBe(32 * 32 * 3);
  expect(sample.index).toBe(5);
});

test("the scene does not depend on the image side", () => {
  const small = open({}, 20);
  const large = open({ size: 64 }, 20);
  expect(large.map((s) => s.captions)).toEqual(small.map((s) => s.captions));
  expect(large[0]!.image.length).toBe(64 * 64 * 3);
});

test("classes, domains and object counts are all drawn about evenly", () => {
  const samples = open({}, 1600);
  for (let label = 0; label < 8; label++) {
    const count = samples.filter((s) => s.label === label).length;
    expect(Math.abs(count - 200)).toBeLessThan(60);
  }
  for (const domain of domainNames) {
    expect(Math.abs(samples.filter((s) => s.domain === domain).length - 400)).toBeLessThan(80);
  }
  for (const count of [1, 2, 3]) {
    const share = samples.filter((s) => s.attributes!.length === count).length;
    expect(Math.abs(share - 533)).toBeLessThan(90);
  }
});

test("the label is the shape of the largest object, by at least 1.5 times the area", () => {
  for (const sample of open()) {
    const [main, ...others] = sample.attributes!;
    expect(main!.shape).toBe(shapeNames[sample.label]);
    for (const other of others) expect((main!.size / other.size) ** 2).toBeGreaterThan(1.5);
    expect(sample.captions![0]).toContain(`${main!.color} ${main!.shape}`);
  }
});

test("objects lie inside the image without overlap", () => {
  for (const { attributes } of open({ objects: [3, 3] })) {
    expect(attributes!.length).toBe(3);
    for (const a of attributes!) {
      expect(Math.min(a.x, a.y, 1 - a.x, 1 - a.y)).toBeGreaterThan(a.size * 0.3);
      for (const b of attributes!) {
        const gap = Math.hypot(a.x - b.x, a.y - b.y);
        if (a !== b) expect(gap).toBeGreaterThan((a.size + b.size) * 0.37);
      }
    }
  }
});

test("the centre of a single solid circle has the colour named in its caption", () => {
  const only = [{ shape: "circle" as const }];
  for (const domain of ["flat", "inverted"] as const) {
    const samples = open({ objects: [1, 1], only, domains: [domain] }, 200);
    for (const { image, attributes, width } of samples) {
      const { x, y, color, texture } = attributes![0]!;
      if (texture !== "solid") continue;
      const at = (Math.floor(y * width) * width + Math.floor(x * width)) * 3;
      const pixel = [0, 1, 2].map((c) => image[at + c]! / 255);
      expect(nearestHue(pixel)).toBe(color);
    }
  }
});

test("excluded combinations are never drawn, and the main object matches only", () => {
  const pattern = { shape: "heart", color: "red" } as const;
  const drawn = open({ exclude: [pattern, { color: "cyan" }] }, 800).flatMap((s) => s.attributes!);
  expect(drawn.filter((o) => o.color === "cyan")).toEqual([]);
  expect(drawn.filter((o) => o.shape === "heart" && o.color === "red")).toEqual([]);
  expect(drawn.some((o) => o.shape === "heart")).toBe(true);
  for (const { attributes } of open({ only: [pattern] }, 50)) {
    expect(attributes![0]).toMatchObject(pattern);
  }
});

test("invalid options are refused with the value and the choices", () => {
  expect(() => open({ size: 8 })).toThrow("shapes: size must be an integer from 16 to 1024, got 8");
  expect(() => open({ objects: [2, 1] })).toThrow("objects[1] must be an integer from 2 to 3");
  expect(() => open({ rotation: 4 })).toThrow("shapes: rotation must be from 0 to pi, got 4");
  expect(() => open({ domains: ["flt" as "flat"] })).toThrow(
    'shapes: unknown domains "flt"; known are flat, outline, noisy, inverted',
  );
  expect(() => open({ only: [{ shape: "star" }], exclude: [{ shape: "star" }] })).toThrow(
    "leave no shape and colour",
  );
  expect(() => openShapes({ name: "shapes", split: "test" }).get(2000)).toThrow(
    "shapes test has samples 0 to 1999, got index 2000",
  );
});

/** The palette colour closest in direction after subtracting the channel mean. */
function nearestHue(pixel: number[]): ColorName {
  const centred = (v: readonly number[]): number[] => {
    const mean = (v[0]! + v[1]! + v[2]!) / 3;
    const out = v.map((part) => part - mean);
    const length = Math.hypot(...out);
    return out.map((part) => part / length);
  };
  const hue = centred(pixel);
  const score = (name: ColorName): number =>
    centred(palette[name]).reduce((sum, part, c) => sum + part * hue[c]!, 0);
  const names = Object.keys(palette) as ColorName[];
  return names.reduce((best, name) => (score(name) > score(best) ? name : best));
}
