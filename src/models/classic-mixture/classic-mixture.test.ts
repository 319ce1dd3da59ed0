import { expect, test } from "vitest";
import { fromSnakeCase } from "../../config/case.ts";
import { array, toNumbers } from "../../graph/array.ts";
import { batch } from "../../graph/shape.ts";
import { checkGradients } from "../../moe/differences.fixture.ts";
import { normalArray, runScoped } from "../../nn/scope.fixture.ts";
import { createScope } from "../../nn/scope.ts";
import { type ClassicMixtureConfig, classicMixture } from "./classic-mixture.ts";
import { checkExpertLabels, classicMixtureSchema } from "./config.ts";

const config: ClassicMixtureConfig = {
  numExperts: 2,
  numClasses: 2,
  hiddenWidth: 1,
  gateWidths: [1, 1],
  dropout: 0,
};
const ln3 = Math.log(3);

test("hand-computed: two experts and a gate with two hidden layers", async () => {
  const column = (...entries: number[]) => array(entries.map((entry) => [entry]));
  const { outputs } = await runScoped(
    (scope, { x }) => {
      const { routing, expertLogits, probabilities } = classicMixture(scope, x!, config);
      return { gates: routing.combineWeights, one: expertLogits[0]!, mixture: probabilities };
    },
    {
      inputs: { x: column(1, -1) },
      shapes: { x: [batch(), 1] },
      training: true,
      values: {
        // ReLU, then a leaky ReLU of -100 x: -1 and 0 become gate logits (-ln 3, 0) and (0, 0).
        "gate.0.weight": array([[1]]),
        "gate.0.bias": array([0]),
        "gate.1.weight": array([[-100]]),
        "gate.1.bias": array([0]),
        "gate.2.weight": column(ln3, 0),
        "gate.2.bias": array([0, 0]),
        // Hidden units of expert 0 are max(x, 0): probabilities (3/4, 1/4) and (1/2, 1/2).
        "experts.0.fc1.weight": array([[1]]),
        "experts.0.fc1.bias": array([0]),
        "experts.0.fc2.weight": column(ln3, 0),
        "experts.0.fc2.bias": array([0, 0]),
        // Hidden units of expert 1 are max(-x, 0): (1/2, 1/2) and (1/4, 3/4).
        "experts.1.fc1.weight": array([[-1]]),
        "experts.1.fc1.bias": array([0]),
        "experts.1.fc2.weight": column(0, ln3),
        "experts.1.fc2.bias": array([0, 0]),
      },
    },
  );
  const close = (name: string, expected: readonly number[]): void => {
    for (const [i, value] of toNumbers(outputs[name]!).entries()) {
      expect(value, `${name} ${i}`).toBeCloseTo(expected[i]!, 6);
    }
  };
  close("gates", [1 / 4, 3 / 4, 1 / 2, 1 / 2]);
  close("one", [ln3, 0, 0, 0]);
  // 1/4 * 3/4 + 3/4 * 1/2 = 9/16, and 1/2 * 1/2 + 1/2 * 1/4 = 3/8.
  close("mixture", [9 / 16, 7 / 16, 3 / 8, 5 / 8]);
});

test("gradients with respect to the points and every parameter", async () => {
  const small = { ...config, numExperts: 3, numClasses: 3, hiddenWidth: 4, gateWidths: [3, 4] };
  const compared = await checkGradients(
    (scope, { x }) => ({
      output: classicMixture(scope, x!, small).probabilities,
      losses: {},
      selection: [],
    }),
    { inputs: { x: normalArray("points", [5, 4]) }, seed: 5 }, // a seed without kinks in the differences
  );
  expect(compared).toEqual(["no loss"]);
});

test("parameters have the sizes of the tutorial, and only the gate has dropout", () => {
  const settings = fromSnakeCase(classicMixtureSchema.parse({ system: "classic-mixture" }));
  const { scope, trace } = createScope({ training: true });
  const features = scope.state("features", [2, 4], (_, shape) => new Float32Array(shape[0]! * 4));
  classicMixture(scope, features, { ...settings, numExperts: 3, numClasses: 3 });
  const size = (prefix: string): number =>
    [...trace.parameters.values()]
      .filter(({ name }) => name.startsWith(prefix))
      .reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  expect(size("experts.0.")).toBe(4 * 32 + 32 + 32 * 3 + 3);
  expect(size("gate.")).toBe(4 * 128 + 128 + 128 * 256 + 256 + 256 * 128 + 128 + 128 * 3 + 3);
  expect([...trace.randoms.keys()]).toEqual(["gate.0.dropout", "gate.1.dropout", "gate.2.dropout"]);
});

test("labels of experts must be classes of the data, each named once", () => {
  const withLabels = (expert_labels: number[][]) =>
    fromSnakeCase(classicMixtureSchema.parse({ system: "classic-mixture", expert_labels }));
  expect(() =>
    checkExpertLabels(
      withLabels([
        [0, 1],
        [1, 3],
      ]),
      3,
    ),
  ).toThrow(
    // biome-ignore format: pairs
    "model.expert_labels: expert 1 lists label 3, but the data have labels 0 to 2",
  );
  expect(() =>
    checkExpertLabels(
      withLabels([
        [0, 0],
        [1, 2],
      ]),
      3,
    ),
  ).toThrow(
    // biome-ignore format: pairs
    "model.expert_labels: expert 0 lists label 0 twice",
  );
  const check = (...expertLabels: number[][]) => checkExpertLabels(withLabels(expertLabels), 3);
  expect(() => check([0, 1], [1, 3])).toThrow(
    "model.expert_labels: expert 1 lists label 3, but the data have labels 0 to 2",
  );
  expect(() => check([0, 0], [1, 2])).toThrow("model.expert_labels: expert 0 lists label 0 twice");
  expect(() => check([0, 1], [0, 1, 2])).not.toThrow();
  expect(() => withLabels([[0], [1, 2]])).toThrow("expert_labels");
  expect(() => withLabels([[0, 1]])).toThrow("expert_labels");
});
