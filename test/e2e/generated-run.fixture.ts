/** Run directories with synthetic routing and names: large ones, and hostile ones. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeRecord, type StoredRecord } from "../../src/inspect/record/record-codec.ts";
import type { RecordedImage } from "../../src/inspect/types/image.ts";
import type { Mosaic, MosaicLayer } from "../../src/inspect/types/mosaic.ts";
import type { MetricEvent } from "../../src/inspect/types/run-record.ts";

export interface GeneratedRunOptions {
  /** Patches per side. */
  readonly side: number;
  readonly numLayers: number;
  readonly numExperts: number;
  readonly classNames: readonly string[];
  readonly caption: string;
  readonly metrics: readonly MetricEvent[];
}

/** Writes a finished run of one image below `folder`. */
export function writeGeneratedRun(
  folder: string,
  name: string,
  { side, numLayers, numExperts, classNames, caption, metrics }: GeneratedRunOptions,
): void {
  const run = join(folder, name);
  mkdirSync(run, { recursive: true });
  const layers = Array.from({ length: numLayers }, (_, i) =>
    generatedLayer(`blocks.${i}.moe`, side, numExperts, i),
  );
  const mosaic: Mosaic = { image: checkered(side * 14), label: 0, caption, layers };
  const even = Array<number>(numExperts).fill(1 / numExperts);
  const scores = {
    maxViolation: 0,
    deadExperts: 0,
    localEntropy: 1,
    globalEntropy: 2,
    mutualInformation: 1,
    gateConfidence: 0.5,
    successRate: 1,
    droppedFraction: 0,
  };
  const record: StoredRecord = {
    name,
    recipe: caption,
    config: { model: { system: "vit-moe" }, note: caption },
    summary: { steps: 10, validation: {} },
    classNames,
    confusion: classNames.map((_, i) => classNames.map((_, j) => (i === j ? 3 : 1))),
    confusionSamples: [{ label: 0, predicted: 1, image: mosaic.image, text: caption }],
    mosaics: [mosaic],
    routing: layers.map(({ layer }) => ({
      layer,
      numExperts,
      load: even,
      importance: even,
      scores,
      labels: [
        {
          label: caption.slice(0, 40),
          values: classNames,
          counts: classNames.map((_, i) => even.map((_, e) => (i + e) % 3)),
          association: {
            count: 10,
            chiSquare: 1,
            degreesOfFreedom: 1,
            cramersV: 0.5,
            mutualInformation: 0.1,
            normalizedMutualInformation: 0.1,
          },
        },
      ],
    })),
    tokenTraces: [
      {
        tokens: [caption, "and", "more"],
        label: 0,
        predicted: 1,
        layers: [
          {
            layer: "blocks.0.moe",
            numExperts,
            ids: [[0, 1, 9]],
            combineWeights: [[0.9, 0.4, 0.1]],
          },
        ],
      },
    ],
  };
  writeFileSync(join(run, "record.json"), encodeRecord(record));
  writeFileSync(
    join(run, "config.yaml"),
    `recipe: ${JSON.stringify(caption)}\nmodel: { system: vit-moe }\n`,
  );
  writeFileSync(join(run, "summary.json"), JSON.stringify(record.summary));
  writeFileSync(
    join(run, "metrics.jsonl"),
    metrics.map((event) => `${JSON.stringify(event)}\n`).join(""),
  );
}

/** Two choices of every patch, in areas as routers produce them. */
function generatedLayer(
  layer: string,
  side: number,
  numExperts: number,
  seed: number,
): MosaicLayer {
  const random = (i: number): number => ((i * 7919 + seed * 104_729) % 1000) / 1000;
  const places = Array.from({ length: side * side }, (_, i) => i);
  const first = places.map((i) => (Math.floor((i % side) / 3) + Math.floor(i / side / 2) + seed) % numExperts); // biome-ignore format: one expression
  const noisy = first.map((expert, i) => (random(i) < 0.05 ? numExperts : expert));
  const second = first.map((expert) => (expert + 1) % numExperts);
  const probabilities = new Float32Array(side * side * numExperts).fill(0.5 / numExperts);
  for (const [i, expert] of first.entries()) probabilities[i * numExperts + expert]! += 0.5;
  const weights = places.map(random);
  return {
    layer,
    rows: side,
    cols: side,
    numExperts,
    ids: [noisy, second],
    combineWeights: [weights, weights.map((weight) => 1 - weight)],
    probabilities,
  };
}

function checkered(size: number): RecordedImage {
  const data = Uint8Array.from(
    { length: size * size * 3 },
    (_, at) => (Math.floor(at / 3 / 14) * 37 + (at % 3) * 60) % 256,
  );
  return { width: size, height: size, channels: 3, data };
}
