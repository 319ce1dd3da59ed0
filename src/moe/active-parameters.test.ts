import { expect, test } from "vitest";
import { countByToken, countParameters } from "./active-parameters.ts";

test("K of the E experts of each layer count as active, and all other parameters", () => {
  const sizes: [string, number][] = [
    ["patch_embed.proj.weight", 100],
    ["blocks.0.moe.router.weight", 12],
    ...[0, 1, 2, 3].flatMap((e): [string, number][] => [
      [`blocks.0.moe.experts.${e}.fc1.weight`, 40],
      [`blocks.0.moe.experts.${e}.fc1.bias`, 2],
    ]),
    ["blocks.1.moe.experts.0.fc1.weight", 7],
  ];
  // 100 + 12 + 2 of 4 experts of 42 + the only expert of the second layer
  expect(countParameters(sizes, 2)).toEqual({ total: 287, active: 203 });
});

test("without experts all parameters are active", () => {
  expect(countParameters([["head.weight", 30]], 2)).toEqual({ total: 30, active: 30 });
});

test("tokens that use different parameters are counted separately", () => {
  const sizes: [string, number][] = [
    ["left.embed", 10],
    ["right.embed", 30],
    ["left.moe.experts.0.fc1", 5],
    ["left.moe.experts.1.fc1", 5],
    ["norm", 1],
  ];
  const meets = (side: string) => (name: string) => name.startsWith(side) || name === "norm";
  expect(countByToken(sizes, 1, { left: meets("left"), right: meets("right") })).toEqual({
    total: 51,
    active: 31,
    byToken: { left: 16, right: 31 },
  });
});
