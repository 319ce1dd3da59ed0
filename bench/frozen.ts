/** `frozen`: training steps that read the features of frozen blocks, against steps that compute them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromSnakeCase } from "../src/config/case.ts";
import { runUpdate } from "../src/learn/run-update.ts";
import { type TrainConfig, trainConfigSchema } from "../src/recipe/config.ts";
import { setUpTraining, type Training } from "../src/train/setup.ts";
import type { BenchArguments } from "./arguments.ts";
import { median } from "./median.ts";
import { makeRow, type Row } from "./row.ts";

/** ViT-S on images of 64 pixels: 64 patches and a class token. */
const numLayers = 12;
const batchSize = 63;
const defaultWidth = 384;
const frozenBlocks = [8, 10] as const;
const defaultRuns = 5;

export async function frozen(args: BenchArguments, log: (line: string) => void): Promise<Row[]> {
  const rows: Row[] = [];
  const folder = mkdtempSync(join(tmpdir(), "moesaic-bench-"));
  try {
    for (const width of args.widths ?? [defaultWidth]) {
      for (const blocks of frozenBlocks) {
        log(`frozen: width ${width}, ${blocks} of ${numLayers} blocks`);
        rows.push(await compareSteps(args, width, blocks, folder));
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return rows;
}

async function compareSteps(
  { bench, runs = defaultRuns }: BenchArguments,
  width: number,
  blocks: number,
  folder: string,
): Promise<Row> {
  const sides = [
    await setUpTraining(configOf(width, blocks, { folder })),
    await setUpTraining(configOf(width, blocks, false)),
  ] as const;
  try {
    const times: [number[], number[]] = [[], []];
    const losses = new Set<number>();
    await advance(sides[0], 0); // both batches of the set, so that all features are known
    await advance(sides[0], 1);
    await advance(sides[1], 0);
    await advance(sides[1], 1);
    for (let step = 2; step < 2 + runs; step++) {
      for (const [i, side] of sides.entries()) {
        const { seconds, scalars } = await advance(side, step);
        times[i]!.push(seconds * 1000);
        losses.add(scalars.loss!);
      }
    }
    const head = {
      bench,
      case: `width ${width}, ${blocks} of ${numLayers} blocks frozen, batch ${batchSize}`,
      peer: "without the cache",
      version: null,
    };
    const [ours, theirs] = times.map((each) => ({ ms: median(each), losses: [] }));
    const note = losses.size === runs ? "the same losses" : "OTHER LOSSES";
    return { ...makeRow(head, ours!, theirs!), note };
  } finally {
    for (const side of sides) await side.dispose();
  }
}

function advance({ step, loader, updates }: Training, index: number) {
  return runUpdate(step, index, async () => (await loader.next())!, updates);
}

function configOf(width: number, blocks: number, cache: false | { folder: string }): TrainConfig {
  const names = Array.from({ length: blocks }, (_, i) => `blocks.${i}.*`);
  return fromSnakeCase(
    trainConfigSchema.parse({
      recipe: "frozen",
      model: {
        ...{ system: "sf-moe", patch_size: 8, width, num_layers: numLayers },
        ...{ num_heads: Math.max(1, Math.floor(width / 64)), blocks: "F".repeat(numLayers) },
        ...{ drop_path: 0, moe: { experts: { mlp_ratio: 4, dropout: 0 } } },
      },
      data: {
        ...{ name: "shapes", image_size: 64, train_size: 2 * batchSize },
        ...{ validation_size: 8, test_size: 8, workers: 1 },
        normalize: { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
      },
      optimizer: {
        name: "adamw",
        rules: [
          { parameters: ["patch_embed.*", "pos_embed", "cls_token", ...names], frozen: true },
        ],
      },
      train: { batch_size: batchSize, max_steps: 1000, cache_frozen: cache },
      runtime: { threads: 1 },
    }),
  );
}
