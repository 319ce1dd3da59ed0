import { describe, expect, test } from "vitest";
import { array, type NdArray, toNumbers } from "../../graph/array.ts";
import type { Tensor } from "../../graph/graph.ts";
import { batch } from "../../graph/shape.ts";
import { normalArray, runScoped } from "../../nn/scope.fixture.ts";
import { mul } from "../../ops/arithmetic.ts";
import {
  at,
  checkOperator,
  expectClose,
  randomArray,
  type Values,
  values,
} from "../../ops/check.fixture.ts";
import { matmul } from "../../ops/matmul.ts";
import { transpose } from "../../ops/reshape.ts";
import { softmax } from "../../ops/softmax.ts";
import { topK } from "../../ops/top-k.ts";
import { evaluate } from "../../runtime/evaluate.ts";
import { applyExperts } from "../experts.ts";
import { type ExpertChoice, type SoftRouting, selectTopK } from "../routing.ts";
import { denseDispatcher } from "./dense.ts";
import { type Dispatcher, droplessDispatcher } from "./dropless.ts";
import { expertChoiceDispatcher } from "./expert-choice.ts";
import { limitCapacity } from "./limit-capacity.ts";
import { softDispatcher } from "./soft.ts";

/** Multiplies every expert's rows by its own matrix. */
function through(dispatcher: Dispatcher, x: Tensor, weights: readonly Tensor[]): Tensor {
  const inputs = dispatcher.dispatch(x);
  const results = dispatcher.cut(dispatcher.join(inputs)).map((own, e) => matmul(own, weights[e]!));
  return dispatcher.combine(results, (rows) => mul(rows, 2));
}

const matrices = (count: number) =>
  Array.from({ length: count }, (_, e) => randomArray([3, 2], 50 + e));

/** `2 sum over e of w_ne x_n A_e`. */
function mixture(x: Values, weights: Values, experts: readonly Values[]): Values {
  return values([x.shape[0]!, 2], ([n, j]) => {
    let sum = 0;
    for (const [e, matrix] of experts.entries()) {
      for (let d = 0; d < 3; d++) {
        sum += 2 * at(weights, [n!, e]) * at(x, [n!, d]) * at(matrix, [d, j!]);
      }
    }
    return sum;
  });
}

function choose(probabilities: Tensor, capacity: number): ExpertChoice {
  const best = topK(probabilities, capacity, { axis: 0 });
  return {
    numExperts: probabilities.shape[1] as number,
    capacity,
    tokenIds: transpose(best.indices),
    combineWeights: transpose(best.values),
    probabilities,
    logits: probabilities,
  };
}

const gates = array([
  [0.4, 0, 0.2],
  [0.5, 0.1, 0.4],
  [0.3, 0.2, 0.6],
]);

describe("expert choice", () => {
  test("the tokens of vmoe's routing_test.py, C = 2", async () => {
    const [ids, counts, ...rows] = await evaluate(
      (p, x) => {
        const choice = choose(p, 2);
        const dispatcher = expertChoiceDispatcher(choice);
        return [choice.tokenIds, dispatcher.counts, ...dispatcher.dispatch(x)];
      },
      [gates, array([[0], [1], [2]])],
    );
    expect(toNumbers(ids!)).toEqual([1, 0, 2, 1, 2, 1]);
    expect(toNumbers(counts!)).toEqual([2, 2, 2]);
    expect(rows.map(toNumbers)).toEqual([
      [1, 0],
      [2, 1],
      [2, 1],
    ]);
  });

  test("experts that return their input give the weighted input", async () => {
    const [y] = await evaluate(
      (p, x) => {
        const dispatcher = expertChoiceDispatcher(choose(p, 2));
        return dispatcher.combine(dispatcher.dispatch(x));
      },
      [gates, array([[1], [1], [1]])],
    );
    // Item 0 by expert 0; item 1 by all; item 2 by experts 1 and 2.
    expectClose(y!, { shape: [3, 1], data: [0.4, 0.5 + 0.1 + 0.4, 0.2 + 0.6] }, 1e-6, "output");
  });

  test("values and gradients", async () => {
    const taken = (p: Values, capacity: number) =>
      values(p.shape, ([n, e]) => {
        const better = Array.from({ length: p.shape[0]! }, (_, m) => at(p, [m, e!]));
        const rank = better.filter((other) => other > at(p, [n!, e!])).length;
        return rank < capacity ? at(p, [n!, e!]) : 0;
      });
    const inputs = () => [randomArray([5, 3], 1), randomArray([5, 4], 2, 0, 1), ...matrices(4)];
    for (const shapes of [
      [],
      [
        [batch(), 3],
        [batch(), 4],
      ],
    ]) {
      await checkOperator({
        fn: (x, p, ...weights) => through(expertChoiceDispatcher(choose(p, 2)), x, weights),
        reference: (x, p, ...weights) => mixture(x!, taken(p!, 2), weights),
        inputs: inputs(),
        shapes,
      });
    }
  });
});

/** Tokens 0 and 2 choose expert 0. */
const firstSecondFirst = array([
  [0.9, 0.1],
  [0.2, 0.8],
  [0.7, 0.3],
]);

/** Soft MoE's weights of given logits `[G, S, E*P]`. */
function soft(logits: Tensor, numExperts: number, numSlots: number): SoftRouting {
  const [dispatchWeights, combineWeights] = [softmax(logits, 1), softmax(logits, 2)];
  return { numExperts, numSlots, dispatchWeights, combineWeights, logits };
}

describe("soft slots", () => {
  test("hand-computed slots in float64 from l2-normalised tokens and slot parameters", async () => {
    // X rows and columns of Phi divided by their norms; 2 experts of 2 slots, scale 1.
    const x = [
      [1, 0],
      [0.5, 0.5],
      [-1, 1],
    ];
    const phi = [
      [1, -1, 0.5, 0],
      [0, 1, 0.5, -1],
    ];
    const norms = (lines: number[][]) => lines.map((line) => Math.hypot(...line));
    const columns = norms(phi[0]!.map((_, j) => phi.map((row) => row[j]!)));
    const logits = x.map((row, n) =>
      phi[0]!.map(
        (_, j) =>
          row.reduce((sum, value, d) => sum + value * phi[d]![j]!, 0) /
          (norms(x)[n]! * columns[j]!),
      ),
    );
    const [dispatch, combine, counts, ...slots] = await evaluate(
      (z, tokens) => {
        const routing = soft(z, 2, 2);
        const dispatcher = softDispatcher(routing);
        return [
          routing.dispatchWeights,
          routing.combineWeights,
          dispatcher.counts,
          ...dispatcher.dispatch(tokens),
        ];
      },
      [array([logits]), array(x)],
    );
    const row0 = (found: NdArray) => ({ ...found, shape: [4], data: found.data.slice(0, 4) });
    const expected = (data: number[], shape = [data.length]) => ({ shape, data });
    const close = (found: NdArray, wanted: Values, label: string) =>
      expectClose(found as NdArray, wanted, 1e-6, label);
    close(
      row0(dispatch!) as NdArray,
      expected([0.518809, 0.1170809, 0.3529368, 0.5034898]),
      "dispatch",
    );
    close(
      row0(combine!) as NdArray,
      expected([0.4356594, 0.0790242, 0.3250463, 0.1602701]),
      "combine",
    );
    const [a, b] = [
      [0.6182445, 0.2876488, -0.4096579, 0.7641923],
      [0.4154353, 0.4105426, 0.3793623, 0.3723826],
    ];
    close(slots[0]!, expected(a, [2, 2]), "slots of expert 0");
    close(slots[1]!, expected(b, [2, 2]), "slots of expert 1");
    expect(toNumbers(counts!)).toEqual([2, 2]);
  });

  test("values and gradients of two groups, also for a number known only at run time", async () => {
    const [numGroups, size, numExperts, numSlots] = [2, 3, 2, 2];
    const line = (z: Values, index: (i: number) => number[], count: number, own: number[]) => {
      const all = Array.from({ length: count }, (_, i) => Math.exp(at(z, index(i))));
      return Math.exp(at(z, own)) / all.reduce((sum, term) => sum + term, 0);
    };
    const reference = (x: Values, z: Values, weights: readonly Values[]) =>
      values([numGroups * size, 2], ([row, j]) => {
        const g = Math.floor(row! / size);
        const n = row! % size;
        let y = 0;
        for (let slot = 0; slot < numExperts * numSlots; slot++) {
          const matrix = weights[Math.floor(slot / numSlots)]!;
          const own = [g, n, slot];
          const combine = line(z, (i) => [g, n, i], numExperts * numSlots, own);
          for (let m = 0; m < size; m++) {
            const share = line(z, (i) => [g, i, slot], size, [g, m, slot]);
            for (let d = 0; d < 3; d++) {
              y += 2 * combine * share * at(x, [g * size + m, d]) * at(matrix, [d, j!]);
            }
          }
        }
        return y;
      });
    for (const shapes of [
      [],
      [
        [batch(size), 3],
        [batch(), size, 4],
      ],
    ]) {
      await checkOperator({
        fn: (x, z, ...weights) =>
          through(softDispatcher(soft(z, numExperts, numSlots)), x, weights),
        reference: (x, z, ...weights) => reference(x!, z!, weights),
        inputs: [
          randomArray([numGroups * size, 3], 1),
          randomArray([numGroups, size, numExperts * numSlots], 2),
          ...matrices(numExperts),
        ],
        shapes,
      });
    }
  });
});

describe("dense", () => {
  test.each([1, 3])("values and gradients, %i experts", async (numExperts) => {
    await checkOperator({
      fn: (x, w, ...weights) =>
        through(denseDispatcher({ numExperts, combineWeights: w, logits: w }), x, weights),
      reference: (x, w, ...weights) => mixture(x!, w!, weights),
      inputs: [
        randomArray([4, 3], 1),
        randomArray([4, numExperts], 2, 0, 1),
        ...matrices(numExperts),
      ],
      shapes: [
        [batch(2), 3],
        [batch(2), numExperts],
      ],
    });
  });

  test("every expert counts every token", async () => {
    const [counts] = await evaluate(
      (w) => denseDispatcher({ numExperts: 3, combineWeights: w, logits: w }).counts,
      [randomArray([4, 3], 1)],
    );
    expect(toNumbers(counts!)).toEqual([4, 4, 4]);
  });
});

test("dropless, capacity with room, and dense agree if every expert is chosen", async () => {
  const numExperts = 3;
  const forms = {
    dense: (p: Tensor) => denseDispatcher({ numExperts, combineWeights: p, logits: p }),
    dropless: (p: Tensor) => droplessDispatcher(selectTopK(p, p, numExperts, "none")),
    roomy: (p: Tensor) =>
      droplessDispatcher(
        limitCapacity(selectTopK(p, p, numExperts, "none"), { capacity: 5, priority: "batch" }),
      ),
    choice: (p: Tensor) => expertChoiceDispatcher(choose(p, 5)),
  };
  const names = Object.keys(forms) as (keyof typeof forms)[];
  const { outputs, gradients } = await runScoped(
    (scope, { x, z }) => {
      const p = softmax(z!);
      const results = names.map((name) => {
        const dispatcher = forms[name](p);
        const options = { hiddenWidth: 5, innerNorm: true };
        const inputs = dispatcher.dispatch(x!);
        return [
          name,
          dispatcher.combine(applyExperts(scope, inputs, options, dispatcher)),
        ] as const;
      });
      return Object.fromEntries(results);
    },
    {
      inputs: { x: normalArray("x", [5, 4]), z: normalArray("z", [5, numExperts]) },
      differentiate: names,
    },
  );
  for (const name of names) {
    expectClose(outputs[name]!, exactly(outputs.dense!), 1e-5, name);
    for (const [source, gradient] of Object.entries(gradients.dense!)) {
      expectClose(gradients[name]![source]!, exactly(gradient), 1e-4, `${name} by ${source}`);
    }
  }
});

test("dropout in experts works if assignments are dropped", async () => {
  const run = (limited: boolean) =>
    runScoped(
      (scope, { x, p }) => {
        const free = selectTopK(p!, p!, 1, "none");
        const routing = limited ? limitCapacity(free, { capacity: 1 }) : free;
        const dispatcher = droplessDispatcher(routing);
        const options = { hiddenWidth: 5, dropout: 0.5 };
        const inputs = dispatcher.dispatch(x!);
        return { y: dispatcher.combine(applyExperts(scope, inputs, options, dispatcher)) };
      },
      {
        inputs: { x: normalArray("x", [3, 4]), p: firstSecondFirst },
        values: { dropout: randomArray([3, 5], 1, 0.6, 0.9) }, // every entry is kept
        training: true,
        differentiate: ["y"],
      },
    );
  const [free, limited] = [await run(false), await run(true)];
  const dropped = (found: NdArray): number[] => toNumbers(found).fill(0, 8);
  for (const [limit, all] of [
    [limited.outputs.y!, free.outputs.y!],
    [limited.gradients.y!.x!, free.gradients.y!.x!],
  ] as const) {
    expect(toNumbers(all).every((entry) => entry !== 0)).toBe(true);
    expectClose(limit, { shape: [3, 4], data: dropped(all) }, 1e-5, "third token dropped");
  }
});

function exactly(found: NdArray): Values {
  return { shape: found.shape, data: toNumbers(found) };
}
