import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { minimize } from "../optim/lbfgs.ts";
import { linearLogits, linearProbe, logisticRegression } from "./linear-probe.ts";
import { probabilities } from "./zero-shot.ts";

const fixture = JSON.parse(
  readFileSync(new URL("./fixtures/linear-probe.json", import.meta.url), "utf8"),
) as {
  numClasses: number;
  width: number;
  labels: number[];
  samples: number[];
  fits: { l2: number; weights: number[]; bias: number[]; probabilities: number[] }[];
};
const { numClasses, width, labels } = fixture;
const embeddings = { width, data: fixture.samples };

test.each(fixture.fits)("matches scikit-learn's weights and probabilities at l2 $l2", (fit) => {
  const options = { numClasses, l2: fit.l2, tolerance: 1e-9 };
  const found = logisticRegression({ embeddings, labels }, options);
  expect(found.converged).toBe(true);
  for (const [at, w] of found.weights.entries()) expect(w).toBeCloseTo(fit.weights[at]!, 4);
  // Biases are determined up to a constant; scikit-learn's sum to zero, as do these.
  for (const [at, b] of found.bias.entries()) expect(b).toBeCloseTo(fit.bias[at]!, 4);
  const { data } = probabilities(linearLogits(found, embeddings));
  for (const [at, p] of fit.probabilities.entries()) expect(data[at]).toBeCloseTo(p, 5);
});

test("a similar initial classifier leads to the same result", () => {
  const options = { numClasses, l2: 1, tolerance: 1e-9 };
  const whole = { embeddings, labels };
  const start = logisticRegression(whole, { numClasses, l2: 30 });
  const [fresh, warm] = [{}, { start }].map((more) =>
    logisticRegression(whole, { ...options, ...more }),
  );
  for (const [at, w] of warm!.weights.entries()) expect(w).toBeCloseTo(fresh!.weights[at]!, 5);
});

test("the strength is the best on validation, the strongest in ties", () => {
  const whole = { embeddings, labels };
  const probe = linearProbe(whole, whole, { numClasses });
  const most = Math.max(...probe.tried.map(({ accuracy }) => accuracy));
  const best = probe.tried.filter(({ accuracy }) => accuracy === most);
  expect(probe.l2).toBe(best.at(-1)!.l2);
  const strengths = probe.tried.map(({ l2 }) => Math.log10(l2));
  expect([strengths[0], strengths.at(-1)]).toEqual([-6, 6]);
  expect(strengths.length).toBeGreaterThan(8);
  expect(strengths.length).toBeLessThanOrEqual(15);
  expect(() => logisticRegression({ embeddings, labels: [3] }, { numClasses })).toThrow("36 rows");
});

test("L-BFGS finds the minimum of Rosenbrock's function", () => {
  const rosenbrock = (x: Float64Array, gradient: Float64Array): number => {
    const [a, b] = [1 - x[0]!, x[1]! - x[0]! ** 2];
    gradient[0] = -2 * a - 400 * x[0]! * b;
    gradient[1] = 200 * b;
    return a ** 2 + 100 * b ** 2;
  };
  const { x, value, converged, iterations } = minimize(rosenbrock, Float64Array.of(-1.2, 1), {
    tolerance: 1e-8,
  });
  expect(converged).toBe(true);
  expect(iterations).toBeLessThan(60);
  expect(value).toBeLessThan(1e-14);
  expect(x[0]).toBeCloseTo(1, 6);
  expect(x[1]).toBeCloseTo(1, 6);
});
