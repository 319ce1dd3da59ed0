import { expect, test } from "vitest";
import { retrievalSamples } from "./retrieval-samples.ts";

const imageOf = (row: number) => ({
  width: 1,
  height: 1,
  channels: 1,
  data: Uint8Array.of(row),
});
const shown = ({ image }: { image: { data: Uint8Array } }) => image.data[0];

test("nearest results of both directions with matches and ranks, by hand", () => {
  // Three images; two texts of image 0, one of image 2, none of image 1.
  const samples = retrievalSamples({
    split: "test",
    images: { width: 2, data: [1, 0, 0, 1, 0.6, 0.8] },
    texts: { width: 2, data: [1, 0, 0, 1, 0.8, 0.6] },
    owners: [0, 0, 2],
    captions: ["right", "up", "aslant"],
    imageOf,
    queries: 2,
    imagesShown: 2,
    textsShown: 2,
  });
  const { byText, byImage, ...sizes } = samples;
  expect(sizes).toEqual({ split: "test", numImages: 3, numTexts: 3 });
  expect(byText.map(({ text, rank }) => [text, rank])).toEqual([
    ["right", 1],
    ["up", 3], // cosines 0, 1, 0.8
  ]);
  expect(byText[0]!.images.map((match) => [shown(match), match.own])).toEqual([
    [0, true],
    [2, false],
  ]);
  // Images with texts are 0 and 2: their cosines are 1, 0, 0.8 and 0.6, 0.8, 0.96.
  expect(byImage.map((match) => [shown(match), match.rank])).toEqual([
    [0, 1],
    [2, 1],
  ]);
  expect(byImage[0]!.texts).toEqual([
    { text: "right", score: 1, own: true },
    { text: "aslant", score: Math.fround(0.8), own: false },
  ]);
});

test("ties go to the earlier row", () => {
  const same = { width: 1, data: [1, 1, 1] };
  const { byText } = retrievalSamples({
    split: "validation",
    images: same,
    texts: same,
    owners: [0, 1, 2],
    captions: ["a", "b", "c"],
    imageOf,
  });
  expect(byText.map(({ rank }) => rank)).toEqual([1, 2, 3]);
  expect(byText[2]!.images.map(shown)).toEqual([0, 1, 2]);
});

test("an image with an equal caption is a hit, in both directions", () => {
  const { byText, byImage } = retrievalSamples({
    split: "test",
    images: { width: 2, data: [0.6, 0.8, 1, 0] },
    texts: { width: 2, data: [1, 0, 1, 0] },
    owners: [0, 1],
    captions: ["a star", "a star"],
    imageOf,
  });
  expect(byText.map(({ rank, images }) => [rank, images.map(({ own }) => own)])).toEqual([
    [1, [true, true]],
    [1, [true, true]],
  ]);
  expect(byImage.map(({ rank, texts }) => [rank, texts.map(({ own }) => own)])).toEqual([
    [1, [true, true]],
    [1, [true, true]],
  ]);
});
