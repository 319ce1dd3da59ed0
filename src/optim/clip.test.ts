import { expect, test } from "vitest";
import { array, toNumbers } from "../graph/array.ts";
import { emitModel } from "../onnx/emit.ts";
import { nativeRuntime } from "../runtime/native/native.ts";
import { clipScale, sumOfSquaresGraph } from "./clip.ts";

test("the norm of all chunks is clipped to the limit, like torch's clip_grad_norm_", async () => {
  using session = await nativeRuntime().createSession(emitModel(sumOfSquaresGraph()).bytes);
  const sums: number[] = [];
  for (const chunk of [[3, 4], [12]]) {
    const { sum_of_squares: sum } = await session.run({ gradient: array(chunk) });
    sums.push(toNumbers(sum!)[0]!);
  }
  expect(sums).toEqual([25, 144]);
  const { norm, scale } = clipScale(sums, 2);
  expect(norm).toBe(13);
  expect(3 * scale).toBeCloseTo(0.46153843, 7); // torch: 0.4615384340
  expect(12 * scale).toBeCloseTo(1.84615374, 7);
});

test("a norm below the limit is not changed, and Infinity never clips", () => {
  expect(clipScale([9, 16], 5.1).scale).toBe(1);
  expect(clipScale([1e30], Infinity).scale).toBe(1);
  expect(clipScale([0], 1)).toEqual({ norm: 0, scale: 1 });
  expect(() => clipScale([1], 0)).toThrow(/maxNorm must be above 0, got 0/);
});
