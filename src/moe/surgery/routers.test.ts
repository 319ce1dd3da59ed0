/** Every router's weights under a change, compared with a router of the changed size. */
import { describe, expect, test } from "vitest";
import type { NdArray } from "../../graph/array.ts";
import type { Tensor } from "../../graph/graph.ts";
import { normalArray } from "../../nn/scope.fixture.ts";
import type { Scope } from "../../nn/scope.ts";
import type { droplessDispatcher } from "../dispatch/dropless.ts";
import { applyExperts } from "../experts.ts";
import { formsOf } from "../methods.fixture.ts";
import { softRouter } from "../routers/soft.ts";
import { switchRouter } from "../routers/switch.ts";
import { yuanRouter } from "../routers/yuan.ts";
import { addExperts } from "./add-experts.ts";
import { changeExperts, type ExpertChange } from "./change.ts";
import { expertLayers, type Tensors } from "./layout.ts";
import { mergeExperts } from "./merge-experts.ts";
import { removeExperts } from "./remove-experts.ts";
import { columnOf, D, expectRows, N, runLayer, shapesOf, weightsOf } from "./surgery.fixture.ts";

type Router = (scope: Scope, x: Tensor, numExperts: number) => { readonly logits: Tensor };
const numSelectedExperts = 2;

/** The forms with one entry per expert in each tensor: a logit depends only on these entries. */
const routers = (["token-choice", "expert-choice", "dense"] as const)
  .flatMap(formsOf)
  .filter(({ byToken, router: { kind, tensors } }) => {
    const layout = typeof tensors === "function" ? {} : tensors;
    const axes = Object.values(layout).filter((axis) => axis !== null);
    return (byToken || kind === "expert-choice") && axes.every(({ blocks = 1 }) => blocks === 1);
  })
  .map(
    ({ name, route }) =>
      [
        name,
        (at: Scope, x: Tensor, E: number) => route(at, x, { E, K: numSelectedExperts }),
      ] as const,
  );

/** The router at `moe.router` with small experts, so that the layer is complete. */
const layer = (router: Router, numExperts: number) => (root: Scope, tokens: Tensor) => {
  const scope = root.child("moe");
  const { logits } = router(scope.child("router"), tokens, numExperts);
  addTinyExperts(scope, tokens, numExperts);
  return { logits };
};

function addTinyExperts(scope: Scope, x: Tensor, numExperts: number): void {
  const inputs = Array.from({ length: numExperts }, () => x);
  const dispatcher = { join: () => x, cut: () => inputs } as Pick<
    ReturnType<typeof droplessDispatcher>,
    "join" | "cut"
  >;
  applyExperts(scope.child("experts"), inputs, { hiddenWidth: 2 }, dispatcher);
}

const zeros = { fresh: "zeros" } as const;
const apply = (weights: Tensors, change: ExpertChange) => changeExperts(weights, change, zeros);

describe.each(routers)("%s", (_, router) => {
  const weights = weightsOf(layer(router, 4));
  const layers = expertLayers(weights);
  const logitsOf = async (tensors: Tensors, numExperts: number): Promise<number[][]> => {
    const { logits } = await runLayer(layer(router, numExperts), tensors);
    return Array.from({ length: numExperts }, (_, e) => columnOf(logits!, e));
  };

  test("a copy has the logits of its source, and the others do not change", async () => {
    const [before, after] = [
      await logitsOf(weights, 4),
      await logitsOf(apply(weights, addExperts(layers, { copies: [1] })), 5),
    ];
    expectRows(after, [...before, before[1]!]);
  });

  test("removing experts does not change the logits of the others", async () => {
    const before = await logitsOf(weights, 4);
    const after = await logitsOf(apply(weights, removeExperts(layers, [0, 2])), 2);
    expectRows(after, [before[1]!, before[3]!]);
  });

  test("fresh experts have the entries of a fresh router, at their own positions", () => {
    const fresh = weightsOf(layer(router, 6), 1);
    const changed = changeExperts(weights, addExperts(layers, { numFresh: 2 }), { fresh });
    expect(shapesOf(changed)).toEqual(shapesOf(fresh));
    const [original, added] = [expertLayers(weights)[0]!, expertLayers(changed)[0]!];
    for (const [i, { name, outer, inner }] of added.routerTensors.entries()) {
      expect(original.routerTensors[i]).toEqual({ ...added.routerTensors[i]! });
      const at = (tensors: Tensors, count: number, e: number) =>
        entriesOf(tensors.get(name)!, { outer, inner }, count, e);
      for (const e of [0, 3]) expect(at(changed, 6, e)).toEqual(at(weights, 4, e));
      for (const e of [4, 5]) expect(at(changed, 6, e)).toEqual(at(fresh, 6, e));
    }
  });

  test("merging a copy with its source restores the weights", () => {
    const copied = apply(weights, addExperts(layers, { copies: [2] }));
    const merged = apply(copied, mergeExperts(expertLayers(copied), [[2, 4]]));
    expect(Object.fromEntries(merged)).toEqual(Object.fromEntries(weights));
  });
});

function entriesOf(
  { data }: NdArray,
  { outer, inner }: { outer: number; inner: number },
  count: number,
  expert: number,
): number[] {
  return Array.from({ length: outer }, (_, o) =>
    Array.from({ length: inner }, (_, i) => Number(data[(o * count + expert) * inner + i])),
  ).flat();
}

test("soft slots: a copied expert copies all its slots", async () => {
  const numSlots = 3;
  const soft = (numExperts: number) => (root: Scope, tokens: Tensor) => {
    const scope = root.child("moe");
    const { logits } = softRouter(scope.child("router"), tokens, { numExperts, numSlots });
    addTinyExperts(scope, tokens, numExperts);
    return { logits };
  };
  const groups = normalArray("groups", [2, N / 2, D]);
  const weights = weightsOf(soft(2), 0, groups.shape);
  const changed = apply(weights, addExperts(expertLayers(weights), { copies: [0] }));
  const before = await runLayer(soft(2), weights, groups);
  const after = await runLayer(soft(3), changed, groups);
  const columns = ({ data }: NdArray, count: number, places: readonly number[]): number[] =>
    Array.from({ length: N }, (_, n) => places.map((at) => Number(data[n * count + at]))).flat();
  expectRows(
    [columns(after.logits!, 9, [0, 1, 2, 3, 4, 5]), columns(after.logits!, 9, [6, 7, 8])],
    [columns(before.logits!, 6, [0, 1, 2, 3, 4, 5]), columns(before.logits!, 6, [0, 1, 2])],
  );
});

test("Yuan's queries, keys and values each get the copy's row", () => {
  const yuan = (numExperts: number) =>
    layer((at, x) => yuanRouter(at, x, { numExperts, numSelectedExperts }), numExperts);
  const weights = weightsOf(yuan(3));
  const changed = apply(weights, addExperts(expertLayers(weights), { copies: [1] }));
  expect(shapesOf(changed)).toEqual(shapesOf(weightsOf(yuan(4))));
  const name = "moe.router.query_key_value.weight";
  const row = (tensors: Tensors, at: number) =>
    Array.from(tensors.get(name)!.data.slice(at * D, (at + 1) * D), Number);
  const order = [0, 1, 2, 1, 3, 4, 5, 4, 6, 7, 8, 7];
  for (const [at, from] of order.entries()) expect(row(changed, at)).toEqual(row(weights, from));
});

test("a router with unknown layout and a fixed map are refused", () => {
  const weights = weightsOf(layer((at, x, numExperts) => switchRouter(at, x, { numExperts }), 2));
  const odd = new Map([...weights, ["moe.router.mixer.weight", normalArray("m", [2, 2])] as const]);
  expect(() => expertLayers(odd)).toThrow(
    "moe.router.mixer.weight belongs to a router with unknown weights per expert",
  );
  const wrong = new Map([...weights, ["moe.router.weight", normalArray("w", [3, D])] as const]);
  expect(() => expertLayers(wrong)).toThrow(
    "moe.router.weight has shape [3, 5], which does not fit the layer's 2 experts on axis 0",
  );
  const hashed = new Map([...weights].filter(([name]) => !name.startsWith("moe.router.")));
  expect(() => removeExperts(expertLayers(hashed), [0])).toThrow("routes by a fixed map");
});
