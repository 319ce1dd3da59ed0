/** Added routers and losses work wherever built-in ones do. */
import { expect, test } from "vitest";
import * as z from "zod";
import { toNumbers } from "../graph/array.ts";
import { linear } from "../nn/linear.ts";
import { normalArray, runScoped } from "../nn/scope.fixture.ts";
import { neg } from "../ops/arithmetic.ts";
import { reduceMax } from "../ops/reduce.ts";
import { softmax } from "../ops/softmax.ts";
import { supports } from "./compatibility.ts";
import { type MoeInput, moeSchema, parseMoe } from "./config.ts";
import { createMoe } from "./create-moe.ts";
import { defineLoss } from "./losses/define.ts";
import { auxiliaryLosses } from "./losses/index.ts";
import { tokenMean } from "./losses/tokens.ts";
import { defineRouter } from "./routers/define.ts";
import { routers } from "./routers/index.ts";
import { selectTopK } from "./routing.ts";
import { expertLayers } from "./surgery/layout.ts";

/** The least probable experts, by a weight `[D, E]` in the column of each expert. */
const shy = defineRouter({
  name: "shy",
  kind: "token-choice",
  paper: "none",
  description: "The least probable experts.",
  decides: "tokens",
  settings: { num_shy: z.int().positive().default(1), old_fashioned: z.boolean().default(false) },
  renamed: { number: { key: "num_shy" } },
  selects: ({ numShy }) => numShy,
  gives: ["probabilities", "distribution", "choices"],
  lacks: ({ oldFashioned }) => (oldFashioned ? { choices: "choose old_fashioned false" } : {}),
  tensors: { "shy.weight": { axis: 0 } },
  check: ({ numShy }, { numExperts }) =>
    numShy === numExperts ? "the router shy must leave an expert out" : undefined,
  requires: () => ({ leak: "the router shy peeks" }),
  route: (scope, x, _, { numExperts, numSelectedExperts }) => {
    const logits = neg(linear(scope.child("shy"), x, numExperts, { bias: false })); // [N, E]
    return selectTopK(logits, softmax(logits), numSelectedExperts, "none");
  },
  examples: { picture: { settings: {} } },
});

const confidence = defineLoss({
  name: "own_confidence",
  description: "mean probability of the first choice",
  paper: "none",
  needs: ["choices"],
  weight: 0.5,
  settings: { times: z.number().default(1) },
  check: ({ times }) => (times === 0 ? "the loss own_confidence needs times above 0" : undefined),
  compute: ({ probabilities }, { mask }) => tokenMean(reduceMax(probabilities, -1), mask),
});

const parse = (moe: object) => parseMoe(moe as MoeInput);
const problemOf = (moe: object) => moeSchema.safeParse(moe).error?.issues[0]?.message;

routers.add(shy);
auxiliaryLosses.add(confidence);

test("settings are parsed, renamed, validated and checked against losses", () => {
  expect(parse({ router: { name: "shy", number: 2 } }).router).toEqual({
    ...{ name: "shy", numShy: 2, oldFashioned: false },
  });
  expect(parse({ router: { name: "shy" } }).dispatch).toEqual({ name: "dropless" });
  expect(parse({ losses: [{ name: "own_confidence" }] }).losses).toEqual([
    { name: "own_confidence", weight: 0.5, times: 1 },
  ]);
  expect(problemOf({ router: { name: "shy", num: 2 } })).toContain("num");
  expect(problemOf({ num_experts: 2, router: { name: "shy", num_shy: 2 } })).toBe(
    "the router shy must leave an expert out",
  );
  expect(problemOf({ losses: [{ name: "own_confidence", times: 0 }] })).toContain("above 0");
  const silent = {
    router: { name: "shy", old_fashioned: true },
    losses: [{ name: "own_confidence" }],
  };
  expect(problemOf(silent)).toContain("choose old_fashioned false");
  expect(supports("shy", "capacity", "own_confidence")).toBe(true);
  expect(supports("shy", "soft")).toContain("the router shy chooses experts for each token");
  expect(supports("base", "dropless", "own_confidence")).toContain("the loss own_confidence needs");
});

test("a layer routes and trains with it, and surgery knows its weights", async () => {
  const settings = parse({
    num_experts: 4,
    router: { name: "shy" },
    experts: { hidden_width: 3, granularity: 1 },
    losses: [{ name: "own_confidence" }],
    router_penalty: { l2: 0.1 },
  });
  const x = normalArray("x", [6, 5]);
  const layer = createMoe(settings, { width: 5 });
  expect(layer.numSelectedExperts).toBe(1);
  const { trace, outputs } = await runScoped(
    (scope, inputs) => ({ y: layer.apply(scope.child("moe"), inputs.x!) }),
    { inputs: { x }, training: true },
  );
  expect(toNumbers(outputs.y!).every(Number.isFinite)).toBe(true);
  expect([...trace.auxiliaries.keys()]).toEqual(["moe.router_l2", "moe.own_confidence"]);
  const tensors = new Map(
    [...trace.parameters.values()].map(({ name, shape }) => [name, normalArray(name, shape)]),
  );
  expect(expertLayers(tensors)[0]!.routerTensors).toEqual([
    { name: "moe.router.shy.weight", axis: 0, outer: 1, inner: 5 },
  ]);
  expect(() => createMoe(settings, { width: 5, causal: true })).toThrow("the router shy peeks");
});

test("the JSON schema of recipes lists both", () => {
  const text = JSON.stringify(z.toJSONSchema(moeSchema, { io: "input" }));
  expect(text).toContain('"const":"shy"');
  expect(text).toContain('"const":"own_confidence"');
});

test("another definition of a name is refused", () => {
  expect(() => routers.add({ ...shy, name: "switch" })).toThrow("the router switch is already");
  expect(() => auxiliaryLosses.add({ ...confidence, name: "z" })).toThrow("the loss z is already");
});

test("TypeScript reports missing parts of a definition", () => {
  const { gives: _, ...withoutGives } = shy;
  // @ts-expect-error Property 'gives' is missing
  routers.find("shy") ?? defineRouter({ ...withoutGives, settings: {} });
  // @ts-expect-error Property 'needs' is missing
  auxiliaryLosses.find("own_confidence") ?? defineLoss({ name: "half", weight: 1, settings: {} });
});
