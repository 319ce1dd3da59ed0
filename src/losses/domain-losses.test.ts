import { expect, test } from "vitest";
import { array, toNumbers } from "../graph/array.ts";
import { normalArray } from "../nn/scope.fixture.ts";
import { checkOperator, type Values } from "../ops/check.fixture.ts";
import { evaluate } from "../runtime/evaluate.ts";
import { betaQuantiles } from "./beta-quantiles.ts";
import { coralPenalty } from "./coral.ts";
import { groupDroLoss } from "./group-dro.ts";
import { irmPenalty } from "./irm.ts";
import { mixDomains, mixupLoss } from "./mixup.ts";

const scalar = (value: number): Values => ({ shape: [], data: [value] });
const mean = (values: readonly number[]): number =>
  values.reduce((a, b) => a + b, 0) / values.length;
const rowsOf = ({ shape: [rows, width], data }: Values): number[][] =>
  Array.from({ length: rows! }, (_, i) =>
    Array.from({ length: width! }, (_, c) => data[i * width! + c]!),
  );

/** The sum over pairs, as DomainBed's AbstractMMD computes it. */
function coralReference(features: Values, numDomains: number): Values {
  const rows = rowsOf(features);
  const size = rows.length / numDomains;
  const width = rows[0]!.length;
  const moments = Array.from({ length: numDomains }, (_, m) => {
    const own = rows.slice(m * size, (m + 1) * size);
    const center = Array.from({ length: width }, (_, c) => mean(own.map((row) => row[c]!)));
    const covariance = center.map((_, a) =>
      center.map(
        (_, b) =>
          own.reduce((s, row) => s + (row[a]! - center[a]!) * (row[b]! - center[b]!), 0) /
          (size - 1),
      ),
    );
    return [center, covariance.flat()];
  });
  const pairs = moments.flatMap((one, i) =>
    moments
      .slice(i + 1)
      .map((other) =>
        one.map((values, k) => mean(values.map((v, at) => (v - other[k]![at]!) ** 2))),
      ),
  );
  return scalar(mean(pairs.map(([a, b]) => a! + b!)));
}

test("CORAL matches hand-computed values and sums over pairs of domains", async () => {
  // Domain 1: 0 and 2 (mean 1, variance 2); domain 2: 1 and 7 (mean 4, variance 18).
  const [two] = await evaluate((x) => coralPenalty(x, 2), [array([[0], [2], [1], [7]])]);
  expect(toNumbers(two!)).toEqual([9 + 256]);
  const [one] = await evaluate((x) => coralPenalty(x, 1), [array([[0], [2]])]);
  expect(toNumbers(one!)).toEqual([0]);
  await checkOperator({
    fn: (x) => coralPenalty(x, 3),
    reference: (x) => coralReference(x!, 3),
    inputs: [normalArray("features", [12, 3])],
  });
  await expect(evaluate((x) => coralPenalty(x, 2), [array([[0], [2]])])).rejects.toThrow(
    "coralPenalty: each domain needs at least two rows, got 1",
  );
  await expect(evaluate((x) => coralPenalty(x, 2), [array([[0], [2], [1]])])).rejects.toThrow(
    "byDomain: the number of rows must be a fixed multiple of the 2 domains, got [3, 1]",
  );
});

const labels = [0, 2, 1, 1, 0, 2, 2, 0];

/** The derivative of the cross-entropy by finite differences of the factor. */
function irmReference(logits: Values, numDomains: number): Values {
  const rows = rowsOf(logits);
  const size = rows.length / numDomains;
  const loss = (row: readonly number[], label: number, s: number): number =>
    Math.log(row.reduce((sum, z) => sum + Math.exp(s * z), 0)) - s * row[label]!;
  const step = 1e-5;
  const slopes = rows.map(
    (row, i) => (loss(row, labels[i]!, 1 + step) - loss(row, labels[i]!, 1 - step)) / (2 * step),
  );
  return scalar(
    mean(
      Array.from({ length: numDomains }, (_, m) => {
        const own = slopes.slice(m * size, (m + 1) * size);
        return mean(own.filter((_, i) => i % 2 === 0)) * mean(own.filter((_, i) => i % 2 === 1));
      }),
    ),
  );
}

test("IRM matches hand-computed values and numerical derivatives", async () => {
  // Logits (ln 3, 0): p = (3/4, 1/4). Slope of label 0: -ln 3 / 4; of label 1: 3 ln 3 / 4.
  const z = Math.log(3);
  const [penalty] = await evaluate(
    (x, y) => irmPenalty(x, y, 1),
    [array([[z, 0], [z, 0]]), array([0, 1], "int64")], // biome-ignore format: one row each
  );
  expect(toNumbers(penalty!)[0]).toBeCloseTo((-3 * z * z) / 16, 6);
  await checkOperator({
    fn: (x, y) => irmPenalty(x!, y!, 2),
    reference: (x) => irmReference(x!, 2),
    inputs: [normalArray("logits", [8, 3]), array(labels, "int64")],
  });
});

test("with an odd number of rows, the last one counts as even", async () => {
  const z = Math.log(3);
  const rows = array([[z, 0], [z, 0], [0, 0]]); // biome-ignore format: one row each
  const [penalty] = await evaluate(
    (x, y) => irmPenalty(x, y, 1),
    [rows, array([0, 1, 0], "int64")],
  );
  expect(toNumbers(penalty!)[0]).toBeCloseTo((((-z / 4) * 1) / 2) * ((3 * z) / 4), 6);
});

test("hand-computed group DRO: the weights follow the losses and have no gradient", async () => {
  // q = (1/2, 1/2), losses (ln 2, ln 8) and eta 1: q becomes (2, 8) / 10.
  const losses = array([Math.log(2), Math.log(8)]);
  const equal = array([0.5, 0.5]);
  const [loss, weights] = await evaluate(
    (l, q) => {
      const step = groupDroLoss(l, q, 1);
      return [step.loss, step.weights];
    },
    [losses, equal],
  );
  expect(toNumbers(weights!)[0]).toBeCloseTo(0.2, 6);
  expect(toNumbers(loss!)[0]).toBeCloseTo(0.2 * Math.log(2) + 0.8 * Math.log(8), 6);
  // Numerical derivatives with constant weights.
  const q = [2, 8].map((x) => x / 10);
  await checkOperator({
    fn: (l, w) => groupDroLoss(l!, w!, 1).loss,
    reference: (l) => scalar(q[0]! * l!.data[0]! + q[1]! * l!.data[1]!),
    inputs: [losses, equal],
    wrt: [0],
  });
});

test("quantiles of Beta(a, a) match scipy.stats.beta", () => {
  const places = [1, 20, 256, 384, 640];
  for (const [alpha, ...expected] of [
    [0.2, 2.20095608e-14, 7.04305912e-8, 0.0238147188, 0.163420741, 0.836579259],
    [0.5, 2.35309521e-6, 0.000940943549, 0.146446609, 0.308658284, 0.691341716],
    [1, 0.0009765625, 0.01953125, 0.25, 0.375, 0.625],
    [3, 0.0471680962, 0.134116886, 0.359436165, 0.432518355, 0.567481645],
    [10, 0.18848915, 0.278623586, 0.424086532, 0.463974205, 0.536025795],
  ] as const) {
    const table = betaQuantiles(alpha, 1024);
    expect(table).toHaveLength(1025);
    expect([table[0], table[512], table[1024]]).toEqual([0, 0.5, 1]);
    places.forEach((place, i) => {
      expect(Math.abs(table[place]! / expected[i]! - 1), `${alpha} at ${place}`).toBeLessThan(1e-4);
    });
  }
  expect(() => betaQuantiles(0, 4)).toThrow("alpha must be above 0");
});

test("images of a domain are mixed with images of the next in the ring", async () => {
  const images = array([1, 2, 10, 20, 100, 200]); // two rows in each of three domains
  const classes = array([0, 1, 2, 3, 4, 5], "int64");
  // Order 2, 0, 1; with alpha 1 the shares equal the uniform numbers.
  const draws = [array([0.5, 0.9, 0.1]), array([0.25, 0.5, 1 - 2 ** -24])];
  const [mixed, first, second, shares] = await evaluate(
    (x, y, order, uniform) => {
      const options = { numDomains: 3, alpha: 1 };
      const batch = mixDomains(x, y, { order, shares: uniform }, options);
      return [batch.images, ...batch.labels, batch.shares];
    },
    [images, classes, ...draws],
  );
  // 0.25 (100, 200) + 0.75 (1, 2); 0.5 (1, 2) + 0.5 (10, 20); (10, 20).
  [25.75, 51.5, 5.5, 11, 10, 20].forEach((value, i) => {
    expect(toNumbers(mixed!)[i]).toBeCloseTo(value, 3);
  });
  expect(toNumbers(first!)).toEqual([4, 5, 0, 1, 2, 3]);
  expect(toNumbers(second!)).toEqual([0, 1, 2, 3, 4, 5]);
  [0.25, 0.5, 1].forEach((value, i) => {
    expect(toNumbers(shares!)[i]).toBeCloseTo(value, 5);
  });
});

test("shares are distributed as Beta(0.2, 0.2)", async () => {
  const uniform = array(Array.from({ length: 64 }, (_, i) => (i + 0.5) / 64));
  const [, drawn] = await evaluate(
    (x, y, order, shares) => {
      const options = { numDomains: 64, alpha: 0.2 };
      const batch = mixDomains(x, y, { order, shares }, options);
      return [batch.images, batch.shares];
    },
    [uniform, array(Array(64).fill(0), "int64"), uniform, uniform],
  );
  const shares = toNumbers(drawn!);
  expect(mean(shares)).toBeCloseTo(0.5, 6);
  // The variance is 1 / (4 (2 a + 1)) = 0.1786.
  expect(mean(shares.map((s) => (s - 0.5) ** 2))).toBeCloseTo(0.1786, 2);
});

test("the mixup loss matches hand-computed values and finite differences", async () => {
  const shares = array([0.25, 0.75]);
  const [first, second] = [array([0, 1, 2, 0], "int64"), array([1, 1, 0, 2], "int64")];
  const reference = (z: Values): Values => {
    const losses = (classes: readonly number[]) =>
      rowsOf(z).map(
        (row, i) => Math.log(row.reduce((s, x) => s + Math.exp(x), 0)) - row[classes[i]!]!,
      );
    const [a, b] = [losses([0, 1, 2, 0]), losses([1, 1, 0, 2])];
    return scalar(
      mean([
        0.25 * mean(a.slice(0, 2)) + 0.75 * mean(b.slice(0, 2)),
        0.75 * mean(a.slice(2)) + 0.25 * mean(b.slice(2)),
      ]),
    );
  };
  await checkOperator({
    fn: (z, a, b, s) => mixupLoss(z!, { labels: [a!, b!], shares: s! }),
    reference: (z) => reference(z!),
    inputs: [normalArray("logits", [4, 3]), first, second, shares],
    wrt: [0],
  });
});
