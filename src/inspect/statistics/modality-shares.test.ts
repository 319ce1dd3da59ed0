import { expect, test } from "vitest";
import { modalityShares } from "./modality-shares.ts";

test("shares of each expert, and what it is for, by hand", () => {
  // 150 patches, 50 words; the fourth expert has nothing.
  const { modalities, overall, experts } = modalityShares({
    values: ["image", "text"],
    counts: [
      [95, 46, 9, 0],
      [5, 4, 41, 0],
    ],
  });
  expect(modalities).toEqual(["image", "text"]);
  expect(overall).toEqual([0.75, 0.25]);
  expect(experts).toEqual([
    {
      expert: 0,
      counts: [95, 5],
      load: 0.5,
      shares: [0.95, 0.05],
      idle: false,
      specialty: "image",
    },
    { expert: 1, counts: [46, 4], load: 0.25, shares: [0.92, 0.08], idle: false },
    {
      expert: 2,
      counts: [9, 41],
      load: 0.25,
      shares: [0.18, 0.82],
      idle: false,
      specialty: "text",
    },
    { expert: 3, counts: [0, 0], load: 0, shares: [0, 0], idle: true },
  ]);
});

test("where modalities are as frequent, .8 is enough for both", () => {
  const { experts } = modalityShares({ values: ["a", "b"], counts: [[8, 2], [2, 8]] }); // biome-ignore format: a matrix
  expect(experts.map(({ specialty }) => specialty)).toEqual(["a", "b"]);
});

test("a token or two make no specialist", () => {
  const { experts } = modalityShares({ values: ["a", "b"], counts: [[900, 1], [0, 0]] }); // biome-ignore format: a matrix
  expect(experts.map(({ specialty }) => specialty)).toEqual(["a", undefined]);
});
