/** Effects of changed experts on a layer's outputs, as documented. */
import { expect, test } from "vitest";
import type { NdArray } from "../../graph/array.ts";
import type { Tensor } from "../../graph/graph.ts";
import type { Scope } from "../../nn/scope.ts";
import { feedForward } from "../experts.ts";
import { addExperts } from "./add-experts.ts";
import { changeExperts } from "./change.ts";
import { expertLayers } from "./layout.ts";
import { mergeExperts } from "./merge-experts.ts";
import { removeExperts } from "./remove-experts.ts";
import {
  denseLayer,
  expectRows,
  rowsOf,
  runLayer,
  topKLayer,
  weightsOf,
  withEntries,
} from "./surgery.fixture.ts";
import { upcycleExperts } from "./upcycle-experts.ts";

const zeros = { fresh: "zeros" } as const;
const dense = weightsOf(denseLayer(4));
const sparse = weightsOf(topKLayer(4, 2));

test("dense routing with a copy: y' = (y + p_e f_e) / (1 + p_e)", async () => {
  const before = await runLayer(denseLayer(4), dense);
  const change = addExperts(expertLayers(dense), { copies: [2] });
  const after = await runLayer(denseLayer(5), changeExperts(dense, change, zeros));
  const [y, f, p] = [rowsOf(before.y!), rowsOf(before.f2!), rowsOf(before.p!)];
  const expected = y.map((row, n) =>
    row.map((value, d) => (value + p[n]![2]! * f[n]![d]!) / (1 + p[n]![2]!)),
  );
  expectRows(rowsOf(after.y!), expected);
});

test("dense routing without an expert: y' = (y - p_e f_e) / (1 - p_e), and y for p_e = 0", async () => {
  const before = await runLayer(denseLayer(4), dense);
  const change = removeExperts(expertLayers(dense), [1]);
  const after = await runLayer(denseLayer(3), changeExperts(dense, change, zeros));
  const [y, f, p] = [rowsOf(before.y!), rowsOf(before.f1!), rowsOf(before.p!)];
  const expected = y.map((row, n) =>
    row.map((value, d) => (value - p[n]![1]! * f[n]![d]!) / (1 - p[n]![1]!)),
  );
  expectRows(rowsOf(after.y!), expected, 1e-4);

  const unused = withEntries(dense, "moe.router.bias", (bias) => {
    bias[1] = -1e9;
  });
  const kept = changeExperts(unused, change, zeros);
  const [whole, reduced] = [
    await runLayer(denseLayer(4), unused),
    await runLayer(denseLayer(3), kept),
  ];
  expect(rowsOf(whole.p!).every((row) => row[1] === 0)).toBe(true);
  expectRows(rowsOf(reduced.y!), rowsOf(whole.y!), 1e-6);
});

/** First and second choice of each token. */
function choices({ ids, shape }: { ids: NdArray; shape: number }): [number, number][] {
  return Array.from({ length: shape }, (_, n) => [
    Number(ids.data[n]),
    Number(ids.data[shape + n]),
  ]);
}

test("top-2 with a copy: only tokens with the copied expert as first choice change, to it alone", async () => {
  const copied = 3;
  const before = await runLayer(topKLayer(4, 2), sparse);
  const change = addExperts(expertLayers(sparse), { copies: [copied] });
  const after = await runLayer(topKLayer(5, 2), changeExperts(sparse, change, zeros));
  const alone = await runLayer(denseLayer(4), new Map([...dense, ...sparse]));
  const old = choices({ ids: before.ids!, shape: 12 });
  const now = choices({ ids: after.ids!, shape: 12 });
  const seen = { first: 0, second: 0, not: 0 };
  for (const [n, [first, second]] of old.entries()) {
    if (first === copied) {
      seen.first++;
      expect(now[n]).toEqual([copied, 4]);
      expectRows([rowsOf(after.y!)[n]!], [rowsOf(alone[`f${copied}`]!)[n]!]);
    } else {
      seen[second === copied ? "second" : "not"]++;
      expect(now[n]).toEqual([first, second]);
      expectRows([rowsOf(after.y!)[n]!], [rowsOf(before.y!)[n]!], 1e-6);
    }
  }
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(0);
});

test("unnormalised weights shrink by 1 + p_e with a copy", async () => {
  const before = await runLayer(topKLayer(4, 1, "none"), sparse);
  const change = addExperts(expertLayers(sparse), { copies: [0] });
  const after = await runLayer(topKLayer(5, 1, "none"), changeExperts(sparse, change, zeros));
  expect(after.ids!.data).toEqual(before.ids!.data);
  const p = rowsOf(before.p!);
  const expected = rowsOf(before.y!).map((row, n) => row.map((value) => value / (1 + p[n]![0]!)));
  expectRows(rowsOf(after.y!), expected);
});

test("top-2 without an expert: tokens that had not chosen it keep their outputs", async () => {
  const before = await runLayer(topKLayer(4, 2), sparse);
  const change = removeExperts(expertLayers(sparse), [1], { numSelectedExperts: 2 });
  const after = await runLayer(topKLayer(3, 2), changeExperts(sparse, change, zeros));
  const unaffected = choices({ ids: before.ids!, shape: 12 }).flatMap((chosen, n) =>
    chosen.includes(1) ? [] : [n],
  );
  expect(unaffected.length).toBeGreaterThan(2);
  expect(unaffected.length).toBeLessThan(12);
  const pick = ({ y }: Readonly<Record<string, NdArray>>) => unaffected.map((n) => rowsOf(y!)[n]!);
  expectRows(pick(after), pick(before), 1e-6);
});

test("merging equal experts gives the same expert, with any weights", () => {
  const copied = changeExperts(sparse, addExperts(expertLayers(sparse), { copies: [1, 1] }), zeros);
  const change = mergeExperts(expertLayers(copied), [[5, 1, 4]], {
    weights: [1, 0.7, 1, 1, 0.1, 0.4],
  });
  const merged = changeExperts(copied, change, zeros);
  expect(new Set(merged.keys())).toEqual(new Set(sparse.keys()));
  for (const [name, { data }] of sparse) {
    expectRows([Array.from(merged.get(name)!.data, Number)], [Array.from(data, Number)], 1e-6);
  }
});

test("an upcycled layer computes the function of the dense layer", async () => {
  const mlp = (root: Scope, tokens: Tensor) => ({
    y: feedForward(root.child("mlp"), tokens, { hiddenWidth: 7 }),
  });
  const weights = weightsOf(mlp);
  const fresh = weightsOf(topKLayer(4, 2), 3);
  const upcycled = upcycleExperts(weights, { fresh, denseLayer: () => "mlp" });
  const before = await runLayer(mlp, weights);
  const after = await runLayer(topKLayer(4, 2), upcycled);
  expectRows(rowsOf(after.y!), rowsOf(before.y!));
  expect(upcycled.get("moe.router.weight")).toBe(fresh.get("moe.router.weight"));
  expect(new Set(Array.from(after.ids!.data, Number)).size).toBeGreaterThan(1);
});
