import { expect, test } from "vitest";
import { openDataset } from "../../src/data/open-dataset.ts";
import { needs, root } from "./data.fixture.ts";

test("the real Fashion-MNIST has the published counts, labels and statistics", async (context) => {
  needs(context, "fashion-mnist");

  const train = await openDataset({
    name: "fashion-mnist",
    split: "train",
    root,
    validationSize: 0,
  });
  const held = await openDataset({ name: "fashion-mnist", split: "test", root });
  expect([train.length, held.length]).toEqual([60_000, 10_000]);
  const labels = (set: typeof train): number[] =>
    Array.from({ length: 10 }, (_, index) => set.get(index).label);
  expect(labels(train)).toEqual([9, 0, 0, 3, 0, 2, 7, 2, 5, 5]);
  expect(labels(held)).toEqual([9, 2, 1, 1, 6, 1, 4, 6, 5, 7]);

  let sum = 0;
  let squares = 0;
  const counts = new Array<number>(10).fill(0);
  for (let index = 0; index < train.length; index++) {
    const { image, label } = train.get(index);
    counts[label]!++;
    for (const byte of image) {
      sum += byte;
      squares += byte * byte;
    }
  }
  const pixels = train.length * 784;
  const mean = sum / pixels;
  expect(counts).toEqual(new Array(10).fill(6000));
  expect(mean / 255).toBeCloseTo(0.286, 4);
  expect(Math.sqrt(squares / pixels - mean ** 2) / 255).toBeCloseTo(0.353, 4);
});
