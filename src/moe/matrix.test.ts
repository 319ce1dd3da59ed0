/**
 * Gradients of `sum(w y) + loss` by tokens, router and experts, against differences, for every
 * combination of router, dispatcher and loss. No choice changes within a difference.
 */
import { describe, expect, test } from "vitest";
import { array } from "../graph/array.ts";
import type { Tensor } from "../graph/graph.ts";
import type { Trace } from "../nn/scope.ts";
import { tanh } from "../ops/activation.ts";
import { randomArray } from "../ops/check.fixture.ts";
import { reshape } from "../ops/reshape.ts";
import { supports } from "./compatibility.ts";
import { checkGradients } from "./differences.fixture.ts";
import { denseDispatcher } from "./dispatch/dense.ts";
import { expertChoiceDispatcher } from "./dispatch/expert-choice.ts";
import { softDispatcher } from "./dispatch/soft.ts";
import { meanSquareBalanceLoss } from "./losses/diff-moe.ts";
import { globalEntropyLoss, localEntropyLoss } from "./losses/entropy.ts";
import { importanceLoss } from "./losses/importance.ts";
import { auxiliaryLoss, auxiliaryLosses } from "./losses/index.ts";
import { uniformKlLoss, uniformToRoutingKlLoss } from "./losses/kl.ts";
import { weightPenalty } from "./losses/weight-penalty.ts";
import { zLoss } from "./losses/z-loss.ts";
import { methods, placements, secondExpert } from "./methods.fixture.ts";
import { denseRouter } from "./routers/dense.ts";
import { expertChoiceRouter } from "./routers/expert-choice.ts";
import { routers } from "./routers/index.ts";
import { softRouter } from "./routers/soft.ts";
import { throughExperts } from "./run.fixture.ts";

const [N, D, E, K, C] = [6, 4, 4, 2, 2];
const x = randomArray([N, D], 1);
const mask = array([true, true, false, true, true, true], "bool");

/** Values far enough from ties. */
const seeds: Readonly<Record<string, number>> = { Yuan: 1 };

function penaltyOf({ parameters }: Trace): Record<string, Tensor> {
  const weights = [...parameters.values()].filter(({ name }) => name.startsWith("router."));
  if (weights.length === 0) return {};
  return {
    weight_penalty: weightPenalty(
      weights.map(({ tensor }) => tensor),
      { l1: 0.3, l2: 0.2 },
    ),
  };
}

/** Losses that need probabilities and logits alone. */
function lossesOf(probabilities: Tensor, logits: Tensor, kept?: Tensor): Record<string, Tensor> {
  const options = kept === undefined ? {} : { mask: kept };
  return {
    importance: importanceLoss(probabilities, options),
    z: zLoss(logits, options),
    local_entropy: localEntropyLoss(probabilities, options),
    global_entropy: globalEntropyLoss(probabilities, { ...options, threshold: 3 }),
    kl_to_uniform: uniformKlLoss(probabilities, options),
    kl_from_uniform: uniformToRoutingKlLoss(probabilities, options),
    mean_square_balance: meanSquareBalanceLoss(probabilities, options),
  };
}

const lossNames = Object.keys(auxiliaryLosses) as (keyof typeof auxiliaryLosses)[];
const tokenChoice = [...methods, ...secondExpert];

describe.each(tokenChoice)("$name", ({ name, router, route, noisy = false }) => {
  test.each(placements)("$name", async ({ name: placement, place, dispatcher, padded = false }) => {
    // A hash has no probabilities to balance, and no parameters. More is compared than a
    // configuration may ask for.
    const meaningful = lossNames.filter(
      (loss) => router !== "hash" && (noisy || !auxiliaryLosses[loss].needsNoise),
    );
    const executed = placement.startsWith("capacity") ? "capacity" : "dropless";
    for (const loss of lossNames) {
      const allowed = supports(router, executed, loss) === true;
      const drawn = noisy || !auxiliaryLosses[loss].needsNoise;
      if (allowed && drawn) expect(meaningful).toContain(loss);
    }
    const compared = await checkGradients(
      (scope, inputs, trace) => {
        const routing = route(scope.child("router"), inputs.x!, {
          E,
          K,
          mask: padded ? inputs.mask : undefined,
        });
        const placed = place(routing, { C, mask: inputs.mask! });
        const options = { numTokens: 3, threshold: 3, ...(padded && { mask: inputs.mask! }) };
        const losses = meaningful.map((loss) => [loss, auxiliaryLoss(loss, routing, options)!]);
        return {
          output: throughExperts(scope, inputs.x!, dispatcher(placed)),
          losses: { ...Object.fromEntries(losses), ...penaltyOf(trace) },
          selection: [routing.ids, placed.ids],
        };
      },
      { inputs: { x, mask }, training: true, seed: seeds[name] ?? 3 },
    );
    const penalty = router === "hash" ? [] : ["weight_penalty"];
    expect(compared).toEqual(["no loss", ...meaningful, ...penalty]);
  });
});

test("every router of token choice is among them", () => {
  const names = Object.entries(routers).flatMap(([name, { kind }]) =>
    kind === "token-choice" ? [name] : [],
  );
  expect([...new Set(tokenChoice.map(({ router }) => router))].sort()).toEqual(names.sort());
});

test.each([
  { name: "all tokens" },
  { name: "two groups", groupSize: 3 },
  { name: "noise and padding", noiseStd: 2, padded: true },
])("expert choice, $name", async ({ padded = false, name: _, ...options }) => {
  const compared = await checkGradients(
    (scope, inputs, trace) => {
      const choice = expertChoiceRouter(scope.child("router"), inputs.x!, {
        ...options,
        numExperts: E,
        capacity: C,
        ...(padded && { mask: inputs.mask! }),
      });
      const { probabilities, logits, tokenIds } = choice;
      return {
        output: throughExperts(scope, inputs.x!, expertChoiceDispatcher(choice)),
        losses: {
          ...lossesOf(probabilities, logits, padded ? inputs.mask : undefined),
          ...penaltyOf(trace),
        },
        selection: [tokenIds],
      };
    },
    { inputs: { x, mask }, training: true },
  );
  expect(compared).toHaveLength(9);
});

test.each([
  { name: "a linear gate" },
  { name: "an MLP gate", hiddenWidths: [5], activation: tanh },
])("dense, $name", async ({ name: _, ...options }) => {
  const compared = await checkGradients(
    (scope, inputs, trace) => {
      const routing = denseRouter(scope.child("router"), inputs.x!, { ...options, numExperts: E });
      return {
        output: throughExperts(scope, inputs.x!, denseDispatcher(routing)),
        losses: { ...lossesOf(routing.combineWeights, routing.logits), ...penaltyOf(trace) },
        selection: [],
      };
    },
    { inputs: { x } },
  );
  expect(compared).toHaveLength(9);
});

test.each([
  { name: "normalised", normalize: true },
  { name: "plain, with padding", normalize: false, padded: true },
])("soft slots, $name", async ({ normalize, padded = false }) => {
  const compared = await checkGradients(
    (scope, inputs, trace) => {
      const grouped = reshape(inputs.x!, [2, 3, D]);
      const routing = softRouter(scope.child("router"), grouped, {
        numExperts: E,
        numSlots: 2,
        normalize,
        ...(padded && { mask: reshape(inputs.mask!, [2, 3]) }),
      });
      return {
        output: throughExperts(scope, inputs.x!, softDispatcher(routing)),
        losses: penaltyOf(trace),
        selection: [],
      };
    },
    { inputs: { x, mask } },
  );
  expect(compared).toEqual(["no loss", "weight_penalty"]);
});
