import { expect, test } from "vitest";
import { array, toNumbers } from "../../graph/array.ts";
import type { Tensor } from "../../graph/graph.ts";
import { batch } from "../../graph/shape.ts";
import { zeros } from "../../nn/initializers.ts";
import { runScoped } from "../../nn/scope.fixture.ts";
import { createScope } from "../../nn/scope.ts";
import { checkOperator, randomArray } from "../../ops/check.fixture.ts";
import { evaluate } from "../../runtime/evaluate.ts";
import { expertChoiceDispatcher } from "../dispatch/expert-choice.ts";
import { expertChoiceRouter, expertChoiceRouting, selectTokens } from "./expert-choice.ts";
import {
  best,
  expectValues,
  identity,
  randomsOf,
  route,
  rowsOf,
  softmaxOf,
  transposed,
  valuesOf,
} from "./routers.fixture.ts";

const chosen = ({ tokenIds, combineWeights }: { tokenIds: Tensor; combineWeights: Tensor }) => [
  tokenIds,
  combineWeights,
];

// vmoe routing_test.py.
const GATES = array([
  [0.4, 0, 0.2],
  [0.5, 0.1, 0.4],
  [0.3, 0.2, 0.6],
]);

test("each expert selects its top two tokens (vmoe routing_test.py)", async () => {
  const [ids, weights] = await evaluate(
    (gates) => chosen(selectTokens(gates!, { capacity: 2 })),
    [GATES],
  );
  expect(toNumbers(ids!)).toEqual([1, 0, 2, 1, 2, 1]);
  expectValues(weights, [0.5, 0.4, 0.2, 0.1, 0.6, 0.4]);
});

test("ties go to the earlier tokens", async () => {
  const { tokenIds } = await route(
    (scope, x) => expertChoiceRouter(scope, x, { numExperts: 2, capacity: 2 }),
    array([
      [1, 1],
      [1, 1],
      [1, 1],
    ]),
  );
  expect(toNumbers(tokenIds!)).toEqual([0, 1, 0, 1]);
});

test("groups choose among their own tokens; ids index all tokens", async () => {
  const groups = [
    [
      [2, 0],
      [0, 1],
      [1, 3],
    ],
    [
      [0, 0.5],
      [3, 0],
      [-1, 1],
    ],
  ];
  const { outputs } = await runScoped(
    (scope, { x }) => {
      const { tokenIds, combineWeights } = expertChoiceRouter(scope, x!, {
        numExperts: 2,
        capacity: 2,
        groupSize: 3,
      });
      return { tokenIds, combineWeights };
    },
    {
      inputs: { x: array(groups.flat()) },
      shapes: { x: [batch(3), 2] },
      values: { weight: identity(2) },
    },
  );
  const p = groups.map((group) => transposed(group.map(softmaxOf)));
  const ids = [0, 1].map((e) => p.flatMap((group, g) => best(group[e]!, 2).map((n) => 3 * g + n)));
  expect(toNumbers(outputs.tokenIds!)).toEqual(ids.flat());
  expectValues(
    outputs.combineWeights,
    ids.flatMap((row, e) => row.map((n) => p[Math.floor(n / 3)]![e]![n % 3]!)),
  );
});

test("grouped choices are dispatched with any batch size", async () => {
  const x = randomArray([12, 3], 5);
  const { outputs } = await runScoped(
    (scope, inputs) => {
      const options = { numExperts: 3, capacity: 4, groupSize: 4 };
      const choice = expertChoiceRouter(scope, inputs.x!, options);
      const dispatcher = expertChoiceDispatcher(choice);
      return { y: dispatcher.combine(dispatcher.dispatch(inputs.x!)) };
    },
    { inputs: { x }, shapes: { x: [batch(4), 3] } },
  );
  // Room for all tokens at every expert: the weights of a token sum to 1.
  expectValues(outputs.y, toNumbers(x), 5);
});

test("masked tokens are selected last and have zero weight", async () => {
  const [ids, weights] = await evaluate(
    (gates, mask) => chosen(selectTokens(gates!, { capacity: 2, mask: mask! })),
    [GATES, array([false, false, true], "bool")],
  );
  expect(toNumbers(ids!)).toEqual([2, 0, 2, 0, 2, 0]);
  expectValues(weights, [0.3, 0, 0.2, 0, 0.6, 0]);
});

test.each([0, 1.5, 4])("capacity %d of three tokens is refused", (capacity) => {
  const logits = createScope({ training: false }).scope.state("x", [3, 2], zeros);
  expect(() => expertChoiceRouting(logits, { capacity })).toThrow(
    `capacity must be a whole number from 1 to the tokens of a group, got ${capacity} (tokens=3, experts=2)`,
  );
});

test("noise is drawn only in training", () => {
  const router: Parameters<typeof randomsOf>[0] = (scope, x) =>
    expertChoiceRouter(scope, x, { numExperts: 2, capacity: 1, noiseScale: 1 });
  expect(randomsOf(router, true)).toEqual(["noise"]);
  expect(randomsOf(router, false)).toEqual([]);
});

test("gradients with groups", async () => {
  await checkOperator({
    fn: (x) => chosen(expertChoiceRouting(x!, { capacity: 2, groupSize: 4 })),
    inputs: [randomArray([8, 3], 9)],
    reference: (x) => {
      const columns = transposed(rowsOf(x!).map(softmaxOf));
      const ids = columns.map((column) =>
        [0, 4].flatMap((start) => best(column.slice(start, start + 4), 2).map((n) => start + n)),
      );
      return [valuesOf(ids), valuesOf(ids.map((row, e) => row.map((n) => columns[e]![n]!)))];
    },
  });
});
