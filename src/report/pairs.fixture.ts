/** A synthetic run of an image-text model. */
import { expertGallery } from "../inspect/expert-gallery.ts";
import { retrievalSamples } from "../inspect/retrieval-samples.ts";
import { routingStatistics } from "../inspect/statistics/routing-statistics.ts";
import type { RunRecord } from "../inspect/types/run-record.ts";
import { generator, scene } from "./report.fixture.ts";

const shapes = ["circle", "square", "triangle", "star", "ring", "cross", "heart", "crescent"];
const colors = ["red", "green", "blue", "yellow"];
const vocabulary = ["<pad>", "<start>", "<end>", "a", "small", "large", ...colors, ...shapes];
const id = (word: string): number => vocabulary.indexOf(word);
const grid = { rows: 8, columns: 8 };
const numPatches = grid.rows * grid.columns;
const contextLength = 8;

interface PairOptions {
  readonly layers?: number;
  readonly experts?: number;
  readonly pairs?: number;
}

/** Routers send patches by coverage and words by value, to all but the last two experts. */
export function fixturePairRun(options: PairOptions = {}): RunRecord {
  const { layers = 4, experts = 8, pairs = 48 } = options;
  const random = generator(21);
  const samples = Array.from({ length: pairs }, (_, i) => {
    const shape = shapes[i % shapes.length]!;
    const color = colors[Math.floor(4 * random())]!;
    const caption = [random() < 0.5 ? "small" : "large", color, shape];
    const ids = ["<start>", "a", ...caption, "<end>"].map(id);
    const tokens = Array.from({ length: contextLength }, (_, at) => ids[at] ?? 0);
    return { ...scene(i % shapes.length, 300 + i), color, tokens, text: `a ${caption.join(" ")}` };
  });
  const statistics = routingStatistics();
  const gallery = expertGallery({ grid, tokenText: (word) => vocabulary[word]! });
  const stride = numPatches + contextLength;
  const imageMask = samples.flatMap(() => Array.from({ length: stride }, (_, at) => at < numPatches)); // biome-ignore format: one expression
  const mask = samples.flatMap(({ tokens }) => [...Array(numPatches).fill(1), ...tokens.map(Number)]); // biome-ignore format: one expression
  const all = (data: readonly boolean[]) => ({ shape: [data.length], data: data.map(Number) });
  for (let depth = 0; depth < layers; depth++) {
    const layer = `blocks.${depth}.moe`;
    const choices = samples.flatMap(({ cover, tokens }) => [
      ...cover.map((share, at) => (share === 1 ? 3 : share > 0 ? 1 + Number(share > 0.5) : at < 32 ? 0 : 4)), // biome-ignore format: one expression
      ...tokens.map((word) => (word >= id("circle") ? 5 : word >= id("red") ? 6 : 4)),
    ]);
    const chosen = choices.map((expert) =>
      random() < 0.2 / (depth + 1) ** 2 ? Math.floor(random() * (experts - 1)) : expert,
    );
    const routed = {
      ids: { shape: [1, chosen.length], data: chosen.map((e) => (random() < 0.02 ? experts : e)) },
      probabilities: {
        shape: [chosen.length, experts],
        data: chosen.flatMap((expert) => {
          const largest = 0.4 + 0.6 * random();
          return Array.from({ length: experts }, (_, e) =>
            e === expert ? largest : (1 - largest) / (experts - 1),
          );
        }),
      },
      attempted: { shape: [chosen.length], data: chosen.map(() => 1) },
      mask: { shape: [chosen.length], data: mask },
    };
    statistics.add(layer, {
      ...routed,
      modalities: { image: all(imageMask), text: all(imageMask.map((is) => !is)) },
      labels: { color: samples.map(({ color }) => color) },
    });
    gallery.add(layer, routed, {
      indices: samples.map((_, i) => i),
      tokens: { shape: [pairs, contextLength], data: samples.flatMap(({ tokens }) => tokens) },
    });
  }
  const width = 6;
  const images = samples.flatMap(() => unit(Array.from({ length: width }, () => random() - 0.5)));
  const texts = samples.flatMap((_, i) =>
    unit(Array.from({ length: width }, (_, p) => images[i * width + p]! + 0.5 * (random() - 0.5))),
  );
  return {
    name: "quickstart",
    recipe: "quickstart",
    config: null,
    summary: {
      validation: { zero_shot_accuracy: 0.96, text_to_image_r1: 0.4375, text_to_image_r5: 0.9 },
      test: {
        text_to_image_r1: 0.41,
        text_to_image_r5: 0.88,
        text_to_image_r10: 0.95,
        image_to_text_r1: 0.43,
        image_to_text_r5: 0.86,
        image_to_text_r10: 0.97,
      },
    },
    metrics: [],
    classNames: shapes,
    confusion: shapes.map((_, i) =>
      shapes.map((_, j) => (i === j ? 47 : Number((i + j) % 3 === 0))),
    ),
    classPrompts: shapes.map((shape) => [`a ${shape}`, `a photo of a ${shape}`, `one ${shape}`, `the ${shape}`]), // biome-ignore format: one expression
    routing: statistics.layers(),
    galleries: gallery.galleries((index) => samples[index]!.image),
    retrieval: retrievalSamples({
      split: "test",
      images: { width, data: images },
      texts: { width, data: texts },
      owners: samples.map((_, i) => i),
      captions: samples.map(({ text }) => text),
      imageOf: (row) => samples[row]!.image,
    }),
  };
}

function unit(values: readonly number[]): number[] {
  const length = Math.hypot(...values);
  return values.map((value) => value / length);
}
