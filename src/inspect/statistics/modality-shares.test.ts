import { expect, test } from "vitest";
import { modalityShares } from "./modality-shares.ts";

test("shares and specialty of each expert, by hand", () => {
  // 150 patches, 50 words; the fourth expert has no tokens.
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

test("with equally frequent modalities, .8 is enough for both", () => {
  const { experts } = modalityShares({ values: ["a", "b"], counts: [[8, 2], [2, 8]] }); // biome-ignore format: a matrix
  expect(experts.map(({ specialty }) => specialty)).toEqual(["a", "b"]);
});

test("one or two tokens do not make a specialist", () => {
  const { experts } = modalityShares({ values: ["a", "b"], counts: [[900, 1], [0, 0]] }); // biome-ignore format: a matrix
  expect(experts.map(({ specialty }) => specialty)).toEqual(["a", undefined]);
});
