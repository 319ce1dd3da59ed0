import fc from "fast-check";
import { expect, test } from "vitest";
import { batch } from "../graph/shape.ts";
import { evaluate } from "../runtime/evaluate.ts";
import {
  at,
  checkOperator,
  checkOperators,
  property,
  type Reference,
  randomArray,
  values,
} from "./check.fixture.ts";
import { type Conv2dOptions, conv2d } from "./conv.ts";
import { type Pair, pair } from "./window.ts";

/** The sum that defines a convolution, entry by entry. */
function reference({
  stride = 1,
  padding = 0,
  dilation = 1,
  groups = 1,
}: Conv2dOptions): Reference {
  const [s, p, d] = [stride, padding, dilation].map((v) => pair(v)) as [Pair, Pair, Pair];
  return (x, weight, bias) => {
    const [count, , ...image] = x!.shape as [number, number, number, number];
    const [outChannels, perGroup, ...kernel] = weight!.shape as [number, number, number, number];
    const size = image.map((n, a) =>
      Math.floor((n + 2 * p[a]! - d[a]! * (kernel[a]! - 1) - 1) / s[a]! + 1),
    );
    return values([count, outChannels, ...size], ([n, o, i, j]) => {
      let sum = bias === undefined ? 0 : at(bias, [o!]);
      const group = Math.floor(o! / (outChannels / groups));
      for (let c = 0; c < perGroup; c++) {
        for (let u = 0; u < kernel[0]!; u++) {
          for (let v = 0; v < kernel[1]!; v++) {
            const [row, column] = [i! * s[0] + u * d[0] - p[0], j! * s[1] + v * d[1] - p[1]];
            if (row < 0 || column < 0 || row >= image[0]! || column >= image[1]!) continue;
            const pixel = at(x!, [n!, group * perGroup + c, row, column]);
            sum += pixel * at(weight!, [o!, c, u, v]);
          }
        }
      }
      return sum;
    });
  };
}

const axis = { kernel: fc.integer({ min: 1, max: 3 }), size: fc.integer({ min: 4, max: 6 }) };
const cases = fc.record({
  kernel: fc.tuple(axis.kernel, axis.kernel),
  size: fc.tuple(axis.size, axis.size),
  stride: fc.tuple(axis.kernel, axis.kernel),
  padding: fc.tuple(fc.nat(2), fc.nat(2)),
  dilation: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
  groups: fc.constantFrom(1, 1, 2),
  seed: fc.nat(1000),
});

test("stride, padding, dilation and groups, with all three gradients", async () => {
  await property(
    cases,
    ({ kernel, size, seed, ...options }) => {
      const fits = size.every((n, a) => {
        return options.dilation[a]! * (kernel[a]! - 1) + 1 <= n + 2 * options.padding[a]!;
      });
      if (!fits) return [];
      return {
        fn: (x, w, b) => conv2d(x, w, b, options),
        reference: reference(options),
        inputs: [
          randomArray([2, 2, ...size], seed),
          randomArray([2, 2 / options.groups, ...kernel], seed + 1),
          randomArray([2], seed + 2),
        ],
      };
    },
    { numRuns: 4, size: 5 },
  );
});

test("patch embedding, depthwise, and no bias", async () => {
  await checkOperators([
    {
      fn: (x, w) => conv2d(x, w, undefined, { stride: 2 }),
      reference: reference({ stride: 2 }),
      inputs: [randomArray([2, 3, 4, 4], 1), randomArray([2, 3, 2, 2], 2)],
    },
    {
      fn: (x, w) => conv2d(x, w, undefined, { groups: 3, padding: 1 }),
      reference: reference({ groups: 3, padding: 1 }),
      inputs: [randomArray([2, 3, 4, 4], 3), randomArray([3, 1, 3, 3], 4)],
    },
  ]);
});

test("a symbolic batch size", async () => {
  const options = { stride: 2, padding: 1, groups: 2 };
  const [w, b] = [randomArray([4, 1, 3, 3], 2), randomArray([4], 3)];
  await checkOperator({
    fn: (x, weight, bias) => conv2d(x, weight, bias, options),
    reference: reference(options),
    inputs: [randomArray([1, 2, 4, 5], 1), w, b],
    shapes: [[batch(), 2, 4, 5], undefined, undefined],
    again: [[randomArray([3, 2, 4, 5], 4), w, b]],
  });
});

test("incompatible shapes are refused", async () => {
  const x = randomArray([1, 3, 4, 4], 1);
  const run = (weight: number[], options?: Conv2dOptions) =>
    evaluate((t, w) => conv2d(t, w, undefined, options), [x, randomArray(weight, 2)]);
  await expect(run([2, 4, 3, 3])).rejects.toThrow(
    /conv2d: a weight \[2, 4, 3, 3\] with groups=1 does not fit \[1, 3, 4, 4\]/,
  );
  await expect(run([2, 3, 5, 5])).rejects.toThrow(
    /a window of 5 \(stride 1, padding 0, dilation 1\) does not fit 4 pixels/,
  );
  await expect(run([2, 1, 3, 3], { groups: 3 })).rejects.toThrow(/multiple of groups=3/);
  await expect(
    evaluate((t, w) => conv2d(t, w), [randomArray([3, 4], 1), randomArray([2, 3, 3, 3], 2)]),
  ).rejects.toThrow(/images must be \[N, C, H, W\]/);
});
