/**
 * Draws the picture of the README from a trained run: test images, and below each, for every MoE
 * layer, its patches in the colour of the expert that took them.
 *
 *   npm start && npm run docs:picture
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { encode } from "fast-png";
import { loadConfig } from "../src/config/load.ts";
import type { RecordedImage } from "../src/inspect/types/image.ts";
import type { MosaicLayer } from "../src/inspect/types/mosaic.ts";
import { trainConfigSchema } from "../src/recipe/config.ts";
import { expertColors } from "../src/report/palette.ts";
import { greyscale } from "../src/report/png.ts";
import { best, latest, listCheckpoints } from "../src/runs/checkpoint-store.ts";
import { evaluateSplit } from "../src/train/score-split.ts";
import { loadWeights, setUpTraining } from "../src/train/setup.ts";

const [run = "runs/quickstart", target = "docs/mosaic.png"] = process.argv.slice(2);
const shown = 8;
const cell = 160; // pixels, a multiple of the image's side
const gap = 12;
const tint = 0.58;

type Rgb = readonly [number, number, number];
type Paint = (x: number, y: number) => Rgb;

/** Mosaics of the first test images under the run's best checkpoint. */
async function readMosaics() {
  const checkpoints = await listCheckpoints(run);
  const chosen = best(checkpoints) ?? latest(checkpoints);
  if (chosen === undefined) throw new Error(`${run} holds no checkpoint; train it first`);
  const training = await setUpTraining(loadConfig(join(run, "config.yaml"), trainConfigSchema));
  try {
    await loadWeights(training, chosen.path);
    const progress = { update: () => {}, note: () => {} };
    const { record } = await evaluateSplit(training, "test", progress);
    return record.mosaics!.slice(0, shown);
  } finally {
    await training.dispose();
  }
}

/** The pixel of an image under a point of its cell, whose sides are 0 to 1. */
function pixelOf({ width, height, channels, data }: RecordedImage): Paint {
  return (x, y) => {
    const at = (Math.floor(y * height) * width + Math.floor(x * width)) * channels;
    const color = [0, 1, 2].map((c) => data[at + (channels < 3 ? 0 : c)]!);
    return color as unknown as Rgb;
  };
}

/** A grey image under the colours of one layer's experts, with white lines between them. */
function tinted(image: RecordedImage, { rows, cols, experts, numExperts }: MosaicLayer): Paint {
  const grey = pixelOf(greyscale(image));
  const colors = expertColors(numExperts ?? Math.max(...experts) + 1).map(parseColor);
  const expertAt = (x: number, y: number): number =>
    experts[
      Math.min(rows - 1, Math.floor(y * rows)) * cols + Math.min(cols - 1, Math.floor(x * cols))
    ]!;
  return (x, y) => {
    const expert = expertAt(x, y);
    const edge = 1.5 / cell;
    if (expertAt(x + edge, y) !== expert || expertAt(x, y + edge) !== expert) {
      return [255, 255, 255];
    }
    const color = colors[expert];
    const light = grey(x, y);
    if (color === undefined) return light; // a dropped patch
    return light.map((value, c) => value + (color[c]! - value) * tint) as unknown as Rgb;
  };
}

function parseColor(hex: string): Rgb {
  return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as unknown as Rgb;
}

const columns = (await readMosaics()).map(({ image, layers }) => [
  pixelOf(image),
  ...layers.map((layer) => tinted(image, layer)),
]);
const numRows = columns[0]!.length;
const width = columns.length * (cell + gap) - gap;
const height = numRows * (cell + gap) - gap;
const data = new Uint8Array(width * height * 4); // transparent between the cells
for (const [column, paints] of columns.entries()) {
  for (const [row, paint] of paints.entries()) {
    for (let i = 0; i < cell * cell; i++) {
      const [u, v] = [i % cell, Math.floor(i / cell)];
      const color = paint(u / cell, v / cell);
      const at = (row * (cell + gap) + v) * width + column * (cell + gap) + u;
      data.set([...color.map(Math.round), 255], at * 4);
    }
  }
}
mkdirSync(dirname(target), { recursive: true });
writeFileSync(target, encode({ width, height, channels: 4, depth: 8, data }));
console.log(`${target}: ${columns.length} images, ${numRows - 1} layers, ${width} x ${height}`);
