import fc from "fast-check";
import { expect, test } from "vitest";
import { array, toNumbers } from "../graph/array.ts";
import { batch } from "../graph/shape.ts";
import { evaluate, valueAndGradients } from "../runtime/evaluate.ts";
import {
  at,
  checkOperators,
  property,
  type Reference,
  randomArray,
  values,
} from "./check.fixture.ts";
import { avgPool2d, globalAvgPool2d, maxPool2d } from "./pool.ts";
import { reshape } from "./reshape.ts";
import type { Pair } from "./window.ts";

function reference(
  kernel: Pair,
  stride: Pair,
  padding: Pair,
  fn: (window: readonly number[]) => number,
): Reference {
  return (x) => {
    const [n, c, ...image] = x!.shape as [number, number, number, number];
    const size = image.map((length, a) =>
      Math.floor((length + 2 * padding[a]! - kernel[a]!) / stride[a]! + 1),
    );
    return values([n, c, ...size], ([b, channel, i, j]) => {
      const window: number[] = [];
      for (let u = 0; u < kernel[0]; u++) {
        for (let v = 0; v < kernel[1]; v++) {
          const [row, column] = [i! * stride[0] + u - padding[0], j! * stride[1] + v - padding[1]];
          if (row < 0 || column < 0 || row >= image[0]! || column >= image[1]!) continue;
          window.push(at(x!, [b!, channel!, row, column]));
        }
      }
      return fn(window);
    });
  };
}

const windows = fc.record({
  kernel: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
  stride: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
  pads: fc.tuple(fc.nat(1), fc.nat(1)),
  size: fc.tuple(fc.integer({ min: 3, max: 6 }), fc.integer({ min: 3, max: 6 })),
  seed: fc.nat(1000),
});

test("maxima and means of windows", async () => {
  await property(windows, ({ kernel, stride, pads, size, seed }) => {
    const padding: Pair = [
      Math.min(pads[0], Math.floor(kernel[0] / 2)),
      Math.min(pads[1], Math.floor(kernel[1] / 2)),
    ];
    const area = kernel[0] * kernel[1];
    const inputs = [randomArray([2, 2, ...size], seed)];
    return [
      {
        fn: (x) => maxPool2d(x, kernel, { stride, padding }),
        reference: reference(kernel, stride, padding, (w) => Math.max(...w)),
        inputs,
      },
      {
        fn: (x) => avgPool2d(x, kernel, { stride, padding }),
        reference: reference(kernel, stride, padding, (w) => w.reduce((a, b) => a + b, 0) / area),
        inputs,
      },
    ];
  });
});

test("a symbolic batch size; the global mean", async () => {
  const mean = (w: readonly number[]) => w.reduce((a, b) => a + b, 0) / w.length;
  const halved: Reference = reference([2, 2], [2, 2], [0, 0], mean);
  const whole = reference([4, 4], [4, 4], [0, 0], mean);
  const check = { shapes: [[batch(), 3, 4, 4]], inputs: [randomArray([1, 3, 4, 4], 1)] };
  const again = [[randomArray([3, 3, 4, 4], 2)]];
  await checkOperators([
    {
      ...check,
      again,
      fn: (x) => maxPool2d(x, 2),
      reference: reference([2, 2], [2, 2], [0, 0], (w) => Math.max(...w)),
    },
    { ...check, again, fn: (x) => avgPool2d(x, 2), reference: halved },
    { ...check, again, fn: (x) => avgPool2d(x, 4), reference: whole },
    {
      ...check,
      again,
      fn: (x) => reshape(globalAvgPool2d(x), [batch(), 3, 1, 1]),
      reference: whole,
    },
  ]);
});

test("ties of a maximum give the gradient to the first entry", async () => {
  const { gradients } = await valueAndGradients(
    (x) => maxPool2d(x, 2),
    [
      array([
        [
          [
            [1, 1],
            [1, 1],
          ],
        ],
      ]),
    ],
    { weights: array([[[[3]]]]) },
  );
  expect(toNumbers(gradients[0]!)).toEqual([3, 0, 0, 0]);
});

test("windows that do not fit are refused", async () => {
  const x = randomArray([1, 1, 3, 3], 1);
  await expect(evaluate((t) => maxPool2d(t, 4), [x])).rejects.toThrow(
    /max_pool2d: a window of 4 .* does not fit 3 pixels/,
  );
  await expect(evaluate((t) => avgPool2d(t, 2, { padding: 2 }), [x])).rejects.toThrow(
    /the padding 2,2 exceeds half of the window 2,2/,
  );
});
