import { expect, test } from "vitest";
import { array, toNumbers } from "../../graph/array.ts";
import { parseMoe } from "../../moe/config.ts";
import { normalArray, runScoped } from "../../nn/scope.fixture.ts";
import { mul } from "../../ops/arithmetic.ts";
import { reduceSum } from "../../ops/reduce.ts";
import { sparselyGatedSchema } from "./config.ts";
import { sparselyGated } from "./sparsely-gated.ts";

const images = normalArray("images", [5, 1, 2, 2]);
const moe = parseMoe({
  num_experts: 3,
  router: { name: "noisy_top_k", num_selected_experts: 2 },
  experts: { activation: "relu", hidden_width: 4 },
});
const bias = "moe.experts.0.fc2.bias";
const run = (numClasses: number) =>
  runScoped(
    (scope, given) => ({
      logs: sparselyGated(scope, given.images!, { numClasses, moe }),
    }),
    { inputs: { images }, values: { [bias]: array([0, 0, 0]) }, differentiate: ["logs"] },
  );

test("class probabilities sum to one", async () => {
  const { outputs, trace } = await run(3);
  const logs = toNumbers(outputs.logs!);
  for (let row = 0; row < 5; row++) {
    const sum = logs.slice(3 * row, 3 * row + 3).reduce((total, x) => total + Math.exp(x), 0);
    expect(sum).toBeCloseTo(1, 5);
  }
  expect(trace.parameters.get("moe.experts.2.fc2.weight")!.shape).toEqual([3, 4]);
});

test("the output is the mean of the probabilities of both experts", async () => {
  // With zero weights, experts return their second bias: [0, ln 3] and [0, -ln 3].
  const two = parseMoe({
    num_experts: 2,
    router: { name: "noisy_top_k", num_selected_experts: 2 }, // Gate weights start at zero, so both experts get 1/2.
    experts: { activation: "relu", hidden_width: 4 },
  });
  const zeros = array([
    [0, 0, 0, 0],
    [0, 0, 0, 0],
  ]);
  const { outputs } = await runScoped(
    (scope, given) => ({ logs: sparselyGated(scope, given.images!, { numClasses: 2, moe: two }) }),
    {
      inputs: { images: normalArray("images", [1, 1, 2, 2]) },
      values: {
        "moe.experts.0.fc2.weight": zeros,
        "moe.experts.1.fc2.weight": zeros,
        "moe.experts.0.fc2.bias": array([0, Math.log(3)]), // 1/4, 3/4
        "moe.experts.1.fc2.bias": array([Math.log(7), 0]), // 7/8, 1/8
      },
    },
  );
  const [first, second] = toNumbers(outputs.logs!).map(Math.exp);
  expect(first).toBeCloseTo((1 / 4 + 7 / 8) / 2, 6);
  expect(second).toBeCloseTo((3 / 4 + 1 / 8) / 2, 6);
});

test("gradients of experts and images match finite differences", async () => {
  const weights = normalArray("cotangent", [5, 3]);
  const loss = async (values: Record<string, ReturnType<typeof array>>, x = images) => {
    const { outputs } = await runScoped(
      (scope, given) => {
        const logs = sparselyGated(scope, given.images!, { numClasses: 3, moe });
        return { loss: reduceSum(mul(logs, given.weights!)) };
      },
      { inputs: { images: x, weights }, values: { [bias]: array([0, 0, 0]), ...values } },
    );
    return toNumbers(outputs.loss!)[0]!;
  };
  const { gradients } = await run(3);
  const step = 1e-2;
  const moved = async (sign: number) => loss({ [bias]: array([sign * step, 0, 0]) });
  const numeric = ((await moved(1)) - (await moved(-1))) / (2 * step);
  expect(toNumbers(gradients.logs![bias]!)[0]).toBeCloseTo(numeric, 2);
  const shifted = async (sign: number) => {
    const data = Float32Array.from(images.data as Float32Array);
    data[0]! += sign * step;
    return loss({}, { ...images, data } as typeof images);
  };
  const slope = ((await shifted(1)) - (await shifted(-1))) / (2 * step);
  expect(toNumbers(gradients.logs!.images!)[0]).toBeCloseTo(slope, 2);
});

test("defaults equal the public example", () => {
  const { moe: settings } = sparselyGatedSchema.parse({ system: "sparsely-gated" });
  expect(settings).toMatchObject({
    num_experts: 10,
    router: { name: "noisy_top_k", num_selected_experts: 4, noise_epsilon: 0.01, bias: false },
    experts: { activation: "relu", hidden_width: 128 },
    losses: [
      { name: "importance", weight: 0.01, importance_of: "gates", unbiased: true },
      { name: "load_excluding_self", weight: 0.01, unbiased: true },
    ],
  });
});
