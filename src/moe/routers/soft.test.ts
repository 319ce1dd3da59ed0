import { expect, test } from "vitest";
import { array, toNumbers } from "../../graph/array.ts";
import { batch } from "../../graph/shape.ts";
import { runScoped } from "../../nn/scope.fixture.ts";
import { checkOperators, randomArray, type Values } from "../../ops/check.fixture.ts";
import { matmul } from "../../ops/matmul.ts";
import { evaluate } from "../../runtime/evaluate.ts";
import { expectValues, rowsOf, softmaxOf, sumOf, transposed } from "./routers.fixture.ts";
import { softLogits, softRouter, softRouting } from "./soft.ts";

const X = array([
  [
    [1, 0],
    [0.5, 0.5],
    [-1, 1],
  ],
]);
const PHI = array([
  [1, -1, 0.5, 0],
  [0, 1, 0.5, -1],
]);

test("normalised tokens and slots (computed in float64)", async () => {
  const { outputs } = await runScoped(
    (scope, { x }) => {
      const { dispatchWeights, combineWeights, numSlots } = softRouter(scope, x!, {
        numExperts: 2,
        numSlots: 2,
      });
      expect(numSlots).toBe(2);
      return {
        dispatchWeights,
        combineWeights,
        slots: matmul(dispatchWeights, x!, { transposeA: true }),
      };
    },
    { inputs: { x: X }, shapes: { x: [batch(), 3, 2] }, values: { phi: PHI } },
  );
  const first = (name: string) => array(toNumbers(outputs[name]!).slice(0, 4));
  expectValues(first("dispatchWeights"), [0.518809, 0.1170809, 0.3529368, 0.5034898], 5);
  expectValues(first("combineWeights"), [0.4356594, 0.0790242, 0.3250463, 0.1602701], 5);
  expectValues(
    outputs.slots,
    [0.6182445, 0.2876488, -0.4096579, 0.7641923, 0.4154353, 0.4105426, 0.3793623, 0.3723826],
    5,
  );
});

test("without normalisation the logits are plain products and there is no scale", async () => {
  const { trace, outputs } = await runScoped(
    (scope, { x }) => {
      const { logits } = softRouter(scope, x!, { numExperts: 4, normalization: "none" });
      return { logits };
    },
    { inputs: { x: X }, values: { phi: PHI } },
  );
  expect([...trace.parameters.keys()]).toEqual(["phi"]);
  expectValues(outputs.logits, [1, -1, 0.5, 0, 0.5, 0, 0.5, -0.5, -1, 2, 0, -1]);
});

test("masked tokens are in no slot", async () => {
  const [dispatch] = await evaluate(
    (logits, mask) => [softRouting(logits!, { numExperts: 2, mask: mask! }).dispatchWeights],
    [
      randomArray([2, 3, 4], 1),
      array(
        [
          [true, false, true],
          [true, true, false],
        ],
        "bool",
      ),
    ],
  );
  const weights = toNumbers(dispatch!);
  expect(weights.slice(4, 8)).toEqual([0, 0, 0, 0]);
  expect(weights.slice(20, 24)).toEqual([0, 0, 0, 0]);
  for (const slot of [0, 1, 2, 3]) expect(weights[slot]! + weights[8 + slot]!).toBeCloseTo(1, 6);
});

test("gradients of both forms, with respect to tokens, slots and scale", async () => {
  const unit = (row: readonly number[]) =>
    row.map((v) => v / Math.sqrt(sumOf(row.map((w) => w * w)) + 1e-6));
  const reference =
    (normalize: boolean) =>
    (x: Values, phi: Values, scale?: Values): Values[] => {
      const [groups, size, width] = x.shape as [number, number, number];
      const form = normalize ? unit : (row: readonly number[]) => row;
      const columns = transposed(rowsOf(phi)).map((column) => form(column));
      const logits = rowsOf(x).map((row) =>
        columns.map(
          (column) => sumOf(form(row).map((v, d) => v * column[d]!)) * (scale?.data[0] ?? 1),
        ),
      );
      expect(width).toBe(columns[0]!.length);
      const dispatch = Array.from({ length: groups }, (_, g) =>
        transposed(transposed(logits.slice(g * size, (g + 1) * size)).map(softmaxOf)),
      ).flat();
      const shape = [groups, size, columns.length];
      return [
        { shape, data: dispatch.flat() },
        { shape, data: logits.flatMap(softmaxOf) },
      ];
    };
  const tensors = [randomArray([2, 3, 4], 1), randomArray([4, 6], 2)];
  await checkOperators([
    {
      fn: (x, phi, scale) => {
        const routing = softRouting(softLogits(x!, phi!, scale!), { numExperts: 3 });
        return [routing.dispatchWeights, routing.combineWeights];
      },
      inputs: [...tensors, array([1.3])],
      reference: (x, phi, scale) => reference(true)(x!, phi!, scale!),
    },
    {
      fn: (x, phi) => {
        const routing = softRouting(softLogits(x!, phi!), { numExperts: 3 });
        return [routing.dispatchWeights, routing.combineWeights];
      },
      inputs: tensors,
      reference: (x, phi) => reference(false)(x!, phi!),
    },
  ]);
});
