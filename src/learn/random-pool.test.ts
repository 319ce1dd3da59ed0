import { describe, expect, test } from "vitest";
import { key } from "../random/index.ts";
import { createRandomPool } from "./random-pool.ts";

const requests = [
  { distribution: "uniform", shape: [100, 30] },
  { distribution: "normal", shape: [8, 4] },
] as const;
const pool = createRandomPool(key(1), requests);

test("equal seed, name and step give equal numbers; any other differs", () => {
  const draw = (from = pool, name = "a", step = 0) => [
    ...from.window("uniform", name, step, [100, 30]).data,
  ];
  const again = createRandomPool(key(1), requests);
  expect(draw(again)).toEqual(draw());
  expect(draw(pool, "a", 1)).not.toEqual(draw());
  expect(draw(pool, "b")).not.toEqual(draw());
  expect(draw(pool, "a", 2 ** 32)).not.toEqual(draw());
  expect(draw(createRandomPool(key(2), requests))).not.toEqual(draw());
});

describe.each(["uniform", "normal"] as const)("%s windows", (distribution) => {
  const shape = distribution === "uniform" ? [100, 30] : [8, 4];
  const count = shape[0]! * shape[1]!;

  test("numbers lie inside one table, at cache lines, spread over all of it", () => {
    const offsets = new Set<number>();
    let [table, highest] = [0, 0];
    for (let step = 0; step < 200; step++) {
      const { data, shape: found } = pool.window(distribution, "x", step, shape);
      expect(found).toEqual(shape);
      expect(data.length).toBe(count);
      expect(data.byteOffset % 64).toBe(0);
      offsets.add(data.byteOffset);
      table = data.buffer.byteLength;
      highest = Math.max(highest, data.byteOffset + data.byteLength);
    }
    expect(offsets.size).toBeGreaterThan(190);
    expect(table).toBeGreaterThanOrEqual(4 * 4 * count);
    expect(highest).toBeLessThanOrEqual(table);
    expect(highest).toBeGreaterThan(0.95 * table);
  });

  test("numbers have the moments of their distribution", () => {
    let [total, squares, n] = [0, 0, 0];
    for (let step = 0; step < 300; step++) {
      for (const value of pool.window(distribution, "moments", step, shape).data) {
        total += value;
        squares += value * value;
        n += 1;
      }
    }
    const [mean, square] = distribution === "uniform" ? [1 / 2, 1 / 3] : [0, 1];
    expect(total / n).toBeCloseTo(mean, 1);
    expect(squares / n).toBeCloseTo(square, 1);
  });
});
