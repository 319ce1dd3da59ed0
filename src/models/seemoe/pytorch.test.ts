/** SeeMoE and its loss against PyTorch; the fixtures come from `../fixtures/make_seemoe.py`. */
import { expect, test } from "vitest";
import { array, type NdArray, toNumbers } from "../../graph/array.ts";
import { normalArray, runScoped } from "../../nn/scope.fixture.ts";
import { captioning } from "../../tasks/captioning/task.ts";
import { expectClose, readFixture } from "../pytorch.fixture.ts";
import { tinySeeMoe } from "./seemoe.fixture.ts";

const relu = { activation: "relu", mlp_ratio: 2 };
const moe = {
  num_experts: 4,
  router: { name: "noisy_top_k", bias: true, noise_epsilon: 0 },
  experts: relu,
};

test.each([
  ["cls", "mlp"],
  ["patches", "linear"],
])("scores, loss and gradients of %s equal PyTorch", async (pool, projector) => {
  const { arrays, weights, gradients } = readFixture(`seemoe-${pool}`);
  const { images, tokens, lengths } = arrays as Record<string, NdArray>;
  const model = tinySeeMoe({ projector, moe }, { pool, width: 12, moe: { experts: relu } });
  const result = await runScoped(
    (scope, batch) => {
      const { loss, outputs } = captioning(model, {})(scope, batch);
      return { loss, ...outputs };
    },
    {
      inputs: { images: images!, tokens: tokens!, lengths: lengths!, characters: lengths! },
      values: weights,
      differentiate: ["loss"],
      training: true, // Noise is zero.
    },
  );
  expect([...result.trace.parameters.keys()].sort()).toEqual(Object.keys(weights).sort());
  expectClose("loss", result.outputs.loss!, arrays.loss!, 1e-5);
  const counted = toNumbers(lengths!).flatMap((length, b) =>
    Array.from({ length }, (_, at) => b * 6 + at),
  );
  const rows = (given: NdArray): NdArray => {
    const data = toNumbers(given);
    return array(counted.map((row) => data.slice(row * 7, (row + 1) * 7)));
  };
  expectClose("logits", rows(result.outputs.logits!), rows(arrays.logits!), 1e-5);
  // The fixture differentiates the loss, the test harness a multiple of it.
  const [factor] = toNumbers(normalArray("cotangent", []));
  for (const [parameter, expected] of Object.entries(gradients)) {
    const found = result.gradients.loss![parameter]!;
    const scaled = { ...found, data: (found.data as Float32Array).map((x) => x / factor!) };
    expectClose(parameter, scaled as NdArray, expected, 1e-4);
  }
});
