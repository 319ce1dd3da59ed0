import { expect, test } from "vitest";
import { parseYaml } from "./yaml.ts";

const read = (text: string): unknown => parseYaml(text, "x.yaml").toPlain();

test("values, merge keys and locations", () => {
  expect(read("a: 1\nb: [x, 2.5, null]")).toEqual({ a: 1, b: ["x", 2.5, null] });
  expect(read("base: &base { w: 1, h: 2 }\nown: { <<: *base, h: 3 }")).toEqual({
    base: { w: 1, h: 2 },
    own: { w: 1, h: 3 },
  });
  expect(read("")).toBe(null);
  expect(parseYaml("a: 1\nbc: 2", "x.yaml").at(5)).toBe("at x.yaml:2:1");
});

test.each([
  ["flow sequences", `a: ${"[".repeat(5000)}`],
  ["flow mappings", `a: ${"{a: ".repeat(5000)}`],
  ["block sequences", `${"- ".repeat(5000)}x`],
  ["explicit keys", `${"? ".repeat(5000)}x`],
  ["block mappings", Array.from({ length: 600 }, (_, i) => `${" ".repeat(i)}a:`).join("\n")],
])("deep nesting of %s is refused before it is composed", (_, text) => {
  expect(() => read(text)).toThrow("values are nested more than 64 levels deep");
});

test("texts that took minutes end within the time limit of a test", () => {
  const carriageReturns = "\r".repeat(100_000);
  expect(() => read(`m:\n  a: true\n N${carriageReturns}aN b: all\n  c:\n    d: 1\n`)).toThrow(
    "All mapping items must start at the same column",
  );
  const keys = Array.from({ length: 20_000 }, (_, i) => `k${i}: 1`).join("\n");
  expect(() => read(keys)).toThrow("at x.yaml:1:1: a collection has more than 4096 items");
  expect(() => read("a: b: c\n".repeat(20_000))).toThrow();
});

test("what is not one document is refused with its place", () => {
  expect(() => read("a: [1")).toThrow("cannot read YAML at x.yaml:1:6: ");
  expect(() => read("a: 1\n---\nb: 2")).toThrow("at x.yaml:2:1: a second document begins");
  expect(() => read("#".repeat(2 ** 18 + 1))).toThrow("a configuration has at most 262144");
});

test("a value that contains itself is refused; one that is used twice is not", () => {
  const message = "cannot read YAML in x.yaml: a value contains itself through an alias (*)";
  expect(() => read("a: &a [*a]")).toThrow(message);
  expect(() => read("a: &a { b: { c: *a } }")).toThrow(message);
  expect(read("a: &a [1]\nb: [*a, *a]")).toEqual({ a: [1], b: [[1], [1]] });
});
