import { expect, test } from "vitest";
import { createArena, type ParameterSpec } from "./arena.ts";

const specs: ParameterSpec[] = [
  { name: "w1", shape: [3, 5], group: "decay" }, // 15 floats: one float of padding
  { name: "b1", shape: [5], group: "plain" },
  { name: "w2", shape: [4, 4], group: "decay" },
  { name: "scale", shape: [], group: "plain" },
];

test("groups are contiguous and parameters start at multiples of 16 floats", () => {
  const arena = createArena(specs, ["value"]);
  expect(arena.names).toEqual(["w1", "w2", "b1", "scale"]);
  expect(arena.names.map(arena.offset)).toEqual([0, 16, 32, 48]);
  expect(arena.groups).toEqual([
    { name: "decay", start: 0, end: 32 },
    { name: "plain", start: 32, end: 64 },
  ]);
  expect(arena.size).toBe(64);
});

test("views share the memory of the flat buffer and leave the padding zero", () => {
  const arena = createArena(specs, ["value", "gradient"]);
  for (const name of arena.names) arena.view("value", name).data.fill(1);
  expect(arena.view("value", "w1").shape).toEqual([3, 5]);
  expect(arena.view("value", "scale").shape).toEqual([]);
  expect(arena.flat("value")[15]).toBe(0);
  expect(arena.flat("value").reduce((sum, x) => sum + x, 0)).toBe(15 + 16 + 5 + 1);
  expect(arena.flat("gradient").every((x) => x === 0)).toBe(true);
  arena.flat("value", 16, 32).fill(2);
  expect([...arena.view("value", "w2").data]).toEqual(new Array(16).fill(2));
});

test("experts with whole cache lines are stacked without gaps", () => {
  const experts = [0, 1, 2].map((e) => ({ name: `e${e}`, shape: [4, 8], group: "decay" }));
  const arena = createArena(experts, ["value"]);
  expect(experts.map((e) => arena.offset(e.name))).toEqual([0, 32, 64]);
  expect(arena.size).toBe(3 * 32);
});

test("a buffer added later has the same layout", () => {
  const arena = createArena(specs, ["value"]);
  arena.addBuffer("average");
  expect(arena.buffers).toEqual(["value", "average"]);
  expect(arena.view("average", "b1").data.byteOffset).toBe(32 * 4);
  expect(arena.flat("average").length).toBe(64);
});

test("frozen parameters come last, and only the buffer of parameters holds them", () => {
  const [w1, ...others] = specs as [ParameterSpec, ...ParameterSpec[]];
  const arena = createArena(
    [{ ...w1, frozen: true }, ...others],
    ["parameters", "gradients", "ema"],
  );
  expect(arena.names).toEqual(["b1", "scale", "w2", "w1"]);
  expect(arena.trained).toEqual(["b1", "scale", "w2"]);
  expect(arena.groups.map(({ name, end }) => [name, end])).toEqual([
    ["plain", 32],
    ["decay", 48],
  ]);
  expect(arena.size).toBe(48);
  expect(arena.flat("parameters").length).toBe(64);
  expect(arena.flat("gradients").length).toBe(48);
  arena.flat("parameters").fill(3);
  arena.resetAverages();
  expect(arena.flat("ema").every((x) => x === 3)).toBe(true);
  expect(arena.view("ema", "w1").data.buffer).toBe(arena.view("parameters", "w1").data.buffer);
  expect(() => arena.view("gradients", "w1")).toThrow(
    'the parameter "w1" is frozen, so "gradients" does not hold it',
  );
});

test("an arena without parameters is empty", () => {
  const arena = createArena([], ["value"]);
  expect([arena.size, arena.groups.length, arena.flat("value").length]).toEqual([0, 0, 0]);
});

test("mistakes are reported", () => {
  const arena = createArena(specs, ["value"]);
  expect(() => arena.view("moment", "w1")).toThrow('no buffer "moment"; known: value');
  expect(() => arena.offset("w3")).toThrow('no parameter "w3"; known: w1, w2, b1, scale');
  expect(() => arena.flat("value", 60, 80)).toThrow("floats 60 to 80");
  expect(() => arena.addBuffer("value")).toThrow('a buffer "value" already');
  expect(() => createArena([specs[0]!, specs[0]!], [])).toThrow('"w1" is given twice');
  expect(() => createArena([{ name: "w", shape: [2.5], group: "g" }], [])).toThrow("[2.5]");
});
