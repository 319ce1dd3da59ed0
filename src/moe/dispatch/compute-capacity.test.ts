import fc from "fast-check";
import { expect, test } from "vitest";
import { array, toNumbers } from "../../graph/array.ts";
import { evaluate } from "../../runtime/evaluate.ts";
import {
  type CapacityPreset,
  capacityPresets,
  computeCapacity,
  runTimeCapacity,
} from "./compute-capacity.ts";

const sizes = { numTokens: 100, numExperts: 8, numSelectedExperts: 2, capacityFactor: 1.25 };

const published: Readonly<Record<CapacityPreset, number>> = {
  vmoe: 32,
  makemoe: 31,
  tutel: 32,
  fairseq_top2: 26,
  fairseq_top1: 16,
  megablocks: 31,
  lucidrains: 15,
  diff_moe_8137a2c: 50,
  diff_moe_ea1c2da: 150,
};

test.each(Object.entries(published))("%s gives 100 tokens a capacity of %i", (name, capacity) => {
  expect(computeCapacity(capacityPresets[name as CapacityPreset](sizes))).toBe(capacity);
});

test("values of vmoe's routing_test.py", () => {
  const half = { numTokens: 32, numExperts: 32, numSelectedExperts: 2, capacityFactor: 1 };
  expect(computeCapacity(capacityPresets.vmoe(half))).toBe(4);
  const choice = { numTokens: 128, numExperts: 32, capacityFactor: 2 };
  expect(computeCapacity(capacityPresets.vmoe(choice))).toBe(8);
});

test("rounding, multiples and bounds", () => {
  const by = (rounding: "ceil" | "round" | "floor") => computeCapacity({ ...sizes, rounding });
  expect([by("ceil"), by("round"), by("floor")]).toEqual([32, 31, 31]);
  expect(computeCapacity({ ...sizes, multipleOf: 10 })).toBe(40);
  expect(computeCapacity({ ...sizes, maximum: 20 })).toBe(20);
  expect(computeCapacity({ ...sizes, minimum: 50, maximum: 40 })).toBe(50);
  expect(computeCapacity({ ...sizes, includeSelected: false })).toBe(16);
});

test("a product that is whole except for float error is not rounded up", () => {
  expect(100 * 1.1).toBeGreaterThan(110);
  expect(computeCapacity({ numTokens: 100, numExperts: 1, capacityFactor: 1.1 })).toBe(110);
});

test("a capacity of 0 is refused with the values", () => {
  const none = { numTokens: 8, numExperts: 16, capacityFactor: 1.25, rounding: "floor" } as const;
  expect(() => computeCapacity(none)).toThrow(
    "capacity must be >= 1, got 0 (tokens=8, experts=16, selected=1, capacity_factor=1.25); raise capacity_factor or the batch size",
  );
  expect(() => computeCapacity({ ...none, capacityFactor: Number.NaN })).toThrow(/got NaN/);
});

test("a factor of at least one has room for an even load", () => {
  const cases = fc.record({
    numTokens: fc.integer({ min: 1, max: 4096 }),
    numExperts: fc.integer({ min: 1, max: 128 }),
    numSelectedExperts: fc.integer({ min: 1, max: 8 }),
    capacityFactor: fc.double({ min: 1, max: 4, noNaN: true }),
  });
  fc.assert(
    fc.property(cases, (drawn) => {
      const capacity = computeCapacity(drawn);
      expect(Number.isInteger(capacity)).toBe(true);
      const assignments = drawn.numTokens * drawn.numSelectedExperts;
      expect(capacity * drawn.numExperts).toBeGreaterThanOrEqual(assignments);
    }),
  );
});

test("capacity of a run-time number of tokens equals the capacity of a known number", async () => {
  const numbers = [1, 2, 7, 8, 50, 96, 100, 110, 333, 1000, 4096, 16384];
  const presets = Object.values(capacityPresets);
  for (const capacityFactor of [1, 1.05, 1.1, 1.25, 2]) {
    const sizes = { numExperts: 8, numSelectedExperts: 2, capacityFactor };
    const forms = [
      ...presets.map((preset) => (numTokens: number) => preset({ ...sizes, numTokens })),
      (numTokens: number) => ({ ...sizes, numTokens, rounding: "round" as const, maximum: 900 }),
    ];
    const found = await evaluate(
      (...counts) =>
        counts.flatMap((count) =>
          forms.map((form) => runTimeCapacity(count, form(Number.POSITIVE_INFINITY))),
        ),
      numbers.map((n) => array(n)),
    );
    const expected = numbers.flatMap((n) =>
      forms.map((form) => {
        try {
          return computeCapacity(form(n));
        } catch {
          return 1; // Refused if it is known in advance.
        }
      }),
    );
    expect(found.map((value) => toNumbers(value)[0])).toEqual(expected);
  }
});
