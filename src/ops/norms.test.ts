import { expect, test } from "vitest";
import { batch } from "../graph/shape.ts";
import { evaluate } from "../runtime/evaluate.ts";
import { batchNorm, batchNormWith } from "./batch-norm.ts";
import {
  at,
  checkOperator,
  everyIndex,
  property,
  type Reference,
  randomArray,
  randomCases,
  type Values,
  values,
} from "./check.fixture.ts";
import { groupNorm } from "./group-norm.ts";
import { rmsNorm } from "./rms-norm.ts";

/** Mean and population variance of the entries with the same key. */
function statistics(x: Values, keyOf: (index: readonly number[]) => string) {
  const groups = new Map<string, number[]>();
  everyIndex(x.shape, (index) => {
    const key = keyOf(index);
    groups.set(key, [...(groups.get(key) ?? []), at(x, index)]);
  });
  const mean = (list: readonly number[]) => list.reduce((a, b) => a + b, 0) / list.length;
  return (index: readonly number[]) => {
    const list = groups.get(keyOf(index))!;
    return { mean: mean(list), variance: mean(list.map((v) => (v - mean(list)) ** 2)) };
  };
}

const epsilon = 1e-3;

function normalized(x: Values, keyOf: (index: readonly number[]) => string): Values {
  const of = statistics(x, keyOf);
  return values(x.shape, (index) => {
    const { mean, variance } = of(index);
    return (at(x, index) - mean) / Math.sqrt(variance + epsilon);
  });
}

const scaled = (x: Values, scale: Values, bias: Values): Values =>
  values(x.shape, (i) => at(x, i) * at(scale, [i[1]!]) + at(bias, [i[1]!]));

const perChannel = (channels: number, seed: number) =>
  [1, 2].map((n) => randomArray([channels], seed + n));

test("batch norm with batch statistics", async () => {
  const reference: Reference = (x, scale, bias) => {
    const of = statistics(x!, (index) => String(index[1]));
    const channel = (c: number) => of(x!.shape.map((_, a) => (a === 1 ? c : 0)));
    return [
      scaled(
        normalized(x!, (index) => String(index[1])),
        scale!,
        bias!,
      ),
      values([x!.shape[1]!], ([c]) => channel(c!).mean),
      values([x!.shape[1]!], ([c]) => channel(c!).variance),
    ];
  };
  await property(randomCases(2, 4), ({ shape, seed }) => {
    const sized = shape.with(0, shape[0]! + 2);
    return {
      fn: (x, s, b) => Object.values(batchNorm(x, s, b, epsilon)),
      reference,
      inputs: [randomArray(sized, seed), ...perChannel(shape[1]!, seed)],
      through: [0], // no gradient flows through the statistics
    };
  });
  const parameters = perChannel(2, 5);
  await checkOperator({
    fn: (x, s, b) => Object.values(batchNorm(x, s, b, epsilon)),
    reference,
    inputs: [randomArray([3, 2, 2, 2], 1), ...parameters],
    shapes: [[batch(), 2, 2, 2], undefined, undefined],
    again: [[randomArray([5, 2, 2, 2], 2), ...parameters]],
    through: [0],
  });
});

test("batch norm with given statistics", async () => {
  await checkOperator({
    fn: (x, s, b, m, v) => batchNormWith(x, s, b, m, v, epsilon),
    reference: (x, s, b, m, v) =>
      values(x!.shape, (index) => {
        const of = (parameter: Values | undefined) => at(parameter!, [index[1]!]);
        return ((at(x!, index) - of(m)) / Math.sqrt(of(v) + epsilon)) * of(s) + of(b);
      }),
    inputs: [
      randomArray([2, 3, 2], 1),
      ...perChannel(3, 2),
      randomArray([3], 4),
      randomArray([3], 5, 0.5),
    ],
    shapes: [[batch(), 3, 2], undefined, undefined, undefined, undefined],
  });
});

test("group norm, from one group to one per channel", async () => {
  for (const numGroups of [1, 2, 4]) {
    const parameters = perChannel(4, 3);
    await checkOperator({
      fn: (x, s, b) => groupNorm(x, numGroups, s, b, epsilon),
      reference: (x, s, b) => {
        const keyOf = ([n, c]: readonly number[]) => `${n},${Math.floor((c! * numGroups) / 4)}`;
        return scaled(normalized(x!, keyOf), s!, b!);
      },
      inputs: [randomArray([2, 4, 3, 2], 1), ...parameters],
      shapes: [[batch(), 4, 3, 2], undefined, undefined],
      again: [[randomArray([3, 4, 3, 2], 2), ...parameters]],
    });
  }
});

test("rms norm", async () => {
  await property(randomCases(1, 3), ({ shape, seed }) => ({
    fn: (x, s) => rmsNorm(x, s, epsilon),
    reference: (x, s) =>
      values(x!.shape, (index) => {
        let squares = 0;
        for (let d = 0; d < x!.shape.at(-1)!; d++) squares += at(x!, index.with(-1, d)) ** 2;
        const root = Math.sqrt(squares / x!.shape.at(-1)! + epsilon);
        return (at(x!, index) / root) * at(s!, index.slice(-1));
      }),
    inputs: [randomArray(shape, seed), randomArray([shape.at(-1)!], seed + 1)],
  }));
});

test("incompatible parameters and groups are refused", async () => {
  const [x, two] = [randomArray([2, 3, 2], 1), randomArray([2], 2)];
  await expect(evaluate((t, p) => batchNorm(t, p, p).y, [x, two])).rejects.toThrow(
    /batch_norm: scale, bias, mean and variance must have one entry per channel of \[2, 3, 2\], got \[2\]/,
  );
  await expect(evaluate((t, p) => groupNorm(t, 2, p, p), [x, two])).rejects.toThrow(
    /groupNorm: cannot divide the channels of \[2, 3, 2\] into 2 groups/,
  );
  await expect(evaluate((t, p) => groupNorm(t, 3, p, p), [x, two])).rejects.toThrow(
    /scale and bias must be \[3\], got \[2\]/,
  );
  await expect(evaluate((t, p) => rmsNorm(t, p), [randomArray([2, 3], 1), two])).rejects.toThrow(
    /rms_norm: scale must have one entry per feature of \[2, 3\], got \[2\]/,
  );
});
