import { expect, test } from "vitest";
import { zeros } from "../nn/initializers.ts";
import { createScope } from "../nn/scope.ts";
import { matchesPattern } from "./name-pattern.ts";
import { checkRules, parameterGroups } from "./parameter-groups.ts";

const { scope, trace } = createScope({ training: true });
scope.child("head").parameter("weight", [2, 2], zeros);
scope.child("head").parameter("bias", [2], zeros);
scope.child("body").child(0).parameter("weight", [2, 2], zeros);
const spec = (name: string) => trace.parameters.get(name)!;
const base = { step: 0, learningRate: 0.1, weightDecay: 0.01 };
const always = { learningRateFactor: 1, frozen: false } as const;

test("a pattern matches whole names, and its dots match dots", () => {
  expect(matchesPattern("body.*.weight", "body.0.weight")).toBe(true);
  expect(matchesPattern("body.*", "bodyX0")).toBe(false);
  expect(matchesPattern("head", "head.weight")).toBe(false);
});

test("without rules, only weights decay", () => {
  const groups = parameterGroups();
  expect(groups.group(spec("head.weight"))).toBe("decay");
  expect(groups.group(spec("head.bias"))).toBe("no_decay");
  expect(groups.settings(base)("decay")).toEqual(base);
  expect(groups.settings(base)("no_decay")).toEqual({ ...base, weightDecay: 0 });
});

test("the first matching rule sets rate and decay", () => {
  const groups = parameterGroups([
    { ...always, parameters: "head.*", learningRateFactor: 0.5, weightDecay: 0.2 },
    { ...always, parameters: "*", learningRateFactor: 0 },
  ]);
  const settings = groups.settings(base);
  expect(settings(groups.group(spec("head.weight")))).toEqual({
    step: 0,
    learningRate: 0.05,
    weightDecay: 0.2,
  });
  expect(settings(groups.group(spec("head.bias")))).toMatchObject({ weightDecay: 0 });
  expect(settings(groups.group(spec("body.0.weight")))).toMatchObject({ learningRate: 0 });
});

test("parameters can be frozen always, until a step, or from a step", () => {
  const groups = parameterGroups([
    { ...always, parameters: "head.weight", frozen: true },
    { ...always, parameters: "head.bias", frozen: { untilStep: 3 } },
    { ...always, parameters: "body.*", frozen: { fromStep: 3 } },
  ]);
  expect(groups.trains(spec("head.weight"))).toBe(false);
  expect(groups.trains(spec("head.bias"))).toBe(true);
  const rests = (step: number) =>
    ["head.weight", "head.bias", "body.0.weight"].map(
      (name) => groups.settings({ ...base, step })(groups.group(spec(name))) === undefined,
    );
  expect(rests(2)).toEqual([true, true, false]);
  expect(rests(3)).toEqual([true, false, true]);
});

test("a group that starts late counts its steps from its own first one", () => {
  const groups = parameterGroups([
    { ...always, parameters: "head.bias", frozen: { untilStep: 3 } },
    { ...always, parameters: "body.*", frozen: { fromStep: 5 } },
  ]);
  const stepOf = (name: string, step: number) =>
    groups.settings({ ...base, step })(groups.group(spec(name)))?.step;
  expect(stepOf("head.bias", 3)).toBe(0);
  expect(stepOf("head.bias", 4)).toBe(1);
  expect(stepOf("body.0.weight", 4)).toBe(4);
  expect(stepOf("head.weight", 4)).toBe(4);
});

test("moments are reset once, and steps count from there", () => {
  const groups = parameterGroups([
    { ...always, parameters: "head.bias", frozen: { untilStep: 6 } },
    { ...always, parameters: "body.*", frozen: { untilStep: 2 } },
  ]);
  const at = (name: string, step: number) =>
    groups.settings({ ...base, step, resetMomentsAt: 4 })(groups.group(spec(name)));
  expect(at("head.weight", 3)).toEqual({ ...base, step: 3 });
  expect(at("head.weight", 4)).toEqual({ ...base, step: 0, resetMoments: true });
  expect(at("head.weight", 5)).toEqual({ ...base, step: 1 });
  expect(at("body.0.weight", 6)?.step).toBe(2);
  expect(at("head.bias", 7)?.step).toBe(1);
});

test("a rule that no parameter matches is refused", () => {
  const names = [...trace.parameters.keys()];
  expect(() => checkRules([{ ...always, parameters: "haed.*" }], names)).toThrow(
    "no parameter is called haed.*; names are like head.weight",
  );
  expect(() => checkRules([{ ...always, parameters: "head.*" }], names)).not.toThrow();
});

test("a rule with several patterns applies to each, and each matches a parameter", () => {
  const rule = { ...always, parameters: ["head.*", "body.norm.*"], frozen: true };
  const { trains } = parameterGroups([rule]);
  const names = ["head.weight", "body.norm.bias", "body.weight"];
  expect(names.map((name) => trains({ name } as never))).toEqual([false, false, true]);
  expect(() => checkRules([rule], names)).not.toThrow();
  expect(() => checkRules([rule], ["head.weight"])).toThrow("no parameter is called body.norm.*");
});
