import { expect, test } from "vitest";
import { array } from "../../graph/array.ts";
import { expertLayers } from "../../moe/surgery/layout.ts";
import { type ExpertEdit, planEdit } from "./expert-edits.ts";

const weights = new Map(
  ["a", "b"].flatMap((path) => [
    ...[0, 1, 2, 3].map((e) => [`${path}.experts.${e}.fc2.bias`, array([e])] as const),
    [`${path}.router.bias`, array([0, 1, 2, 3])] as const,
  ]),
);
const loads = new Map([
  ["a", [0.4, 0.1, 0.3, 0.2]],
  ["b", [0.1, 0.5, 0.1, 0.3]],
]);
const counts = { kinds: ["shared", "image"], counts: [3, 1], numSelectedExperts: 2 };

/** The sources of the experts of each layer after an edit. */
function plan(edit: Exclude<ExpertEdit, { action: "upcycle" }>, known = loads): number[][][] {
  const context = { layers: expertLayers(weights), loads: known, counts, weights };
  return [...planEdit(edit, context).values()].map((experts) =>
    experts.map(({ parts }) => parts.map(({ expert }) => expert)),
  );
}

test("named experts apply to every layer, or to the layer named with them", () => {
  expect(plan({ action: "remove", experts: [{ experts: [1] }] })).toEqual([
    [[0], [2], [3]],
    [[0], [2], [3]],
  ]);
  const each = [
    { layer: "a", experts: [0] },
    { layer: "b", experts: [2] },
  ];
  expect(plan({ action: "remove", experts: each })).toEqual([
    [[1], [2], [3]],
    [[0], [1], [3]],
  ]);
  expect(plan({ action: "add", copies: each })).toEqual([
    [[0], [1], [2], [0], [3]], // shared experts precede the image's own experts
    [[0], [1], [2], [2], [3]],
  ]);
});

test("the most and the least used are chosen within one kind", () => {
  expect(plan({ action: "add", numMostUsed: 1 })).toEqual([
    [[0], [1], [2], [0], [3]],
    [[0], [1], [2], [1], [3]],
  ]);
  expect(plan({ action: "remove", numLeastUsed: 2 })).toEqual([
    [[0], [3]],
    [[1], [3]], // ties go to the first
  ]);
  expect(plan({ action: "remove", numLeastUsed: 1, kind: "image" })).toEqual([
    [[0], [1], [2]],
    [[0], [1], [2]],
  ]);
  expect(plan({ action: "add", numFresh: 1, kind: "image" })[0]).toEqual([[0], [1], [2], [3], []]);
});

test("loads are used as weights of a merge", () => {
  const context = { layers: expertLayers(weights), loads, counts, weights };
  const edit = { action: "merge", groups: [{ experts: [2, 0] }], align: false } as const;
  const shares = (weigh: "equal" | "load" | number[]) =>
    [...planEdit({ ...edit, weights: weigh }, context).values()].map(([merged]) =>
      merged!.parts.map(({ weight }) => Math.round(weight * 1000) / 1000),
    );
  expect(shares("equal")).toEqual([[0.5, 0.5], [0.5, 0.5]]); // biome-ignore format: one line
  expect(shares("load")).toEqual([[0.571, 0.429], [0.5, 0.5]]); // biome-ignore format: one line
  expect(shares([1, 9, 3, 9])).toEqual([[0.25, 0.75], [0.25, 0.75]]); // biome-ignore format: one line
});

test.each<[string, Exclude<ExpertEdit, { action: "upcycle" }>, string]>([
  ["nothing said", { action: "add" }, "choose the experts with one of --copy, --most-used or"],
  [
    "conflicting options",
    { action: "remove", experts: [], numLeastUsed: 1 },
    "one of --experts or",
  ],
  ["an unknown kind", { action: "add", numFresh: 1, kind: "text" }, "unknown kind of experts text"],
  ["an unknown layer", { action: "add", copies: [{ layer: "c", experts: [0] }] }, "there are a, b"],
  [
    "too many",
    { action: "remove", numLeastUsed: 4 },
    "4 experts were requested, and there are only 3",
  ],
  [
    "weights that do not fit",
    { action: "merge", groups: [{ experts: [0, 1] }], weights: [1, 2], align: false },
    "2 weights were given for the 4 experts of a",
  ],
])("%s is refused", (_, edit, message) => {
  expect(() => plan(edit)).toThrow(message);
});

test("without logged loads, experts must be named", () => {
  expect(() => plan({ action: "add", numMostUsed: 1 }, new Map())).toThrow(
    "the run has logged no loads of the experts of a",
  );
});
