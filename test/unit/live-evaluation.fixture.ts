/** Results of a run's evaluation for single samples: class probabilities, embeddings and routing. */
import type { ImageDataset, TextDataset } from "../../src/data/dataset.ts";
import type { NdArray } from "../../src/graph/array.ts";
import type { RecordedImage } from "../../src/inspect/types/image.ts";
import type { RoutedLayer } from "../../src/live/index.ts";
import type { TrainConfig } from "../../src/recipe/config.ts";
import { openRun } from "../../src/runs/open-run.ts";
import { softmaxRow } from "../../src/tasks/classification/softmax-row.ts";
import { setUpTraining } from "../../src/train/setup.ts";
import { recorded } from "./live-runs.fixture.ts";

/** One sample of the validation split under the best checkpoint. */
export interface EvaluatedSample {
  readonly image?: RecordedImage;
  readonly text?: string;
  readonly captions: readonly string[];
  readonly probabilities?: readonly number[];
  readonly imageEmbedding?: readonly number[];
  readonly textEmbedding?: readonly number[];
  /** The layers whose names start with a prefix, for tokens `first` to `first + count` of the sample. */
  layers(options: LayersOptions): RoutedLayer[];
}

export interface LayersOptions {
  readonly prefix?: string;
  /** Tokens of a sample in these layers. */
  readonly stride: number;
  readonly first?: number;
  readonly count: number;
}

/** The first `count` samples, read in batches; `change` is applied to the configuration before. */
export async function evaluatedSamples(
  run: string,
  count: number,
  change: (config: TrainConfig) => TrainConfig = (config) => config,
): Promise<EvaluatedSample[]> {
  const { config, checkpoint, tokenizer } = await openRun(run);
  const training = await setUpTraining(change(config), { tokenizer });
  try {
    await training.loadWeights(checkpoint.path);
    const loader = await training.openSplit("validation");
    const evaluator = await training.createEvaluator((name) =>
      /^(logits|(image|text)_embeddings)$|\.(ids|combine_weights|probabilities)$/.test(name),
    );
    const samples: EvaluatedSample[] = [];
    try {
      await evaluator.run(loader, (outputs, batch) => {
        const own = Object.fromEntries(
          Object.entries(outputs).map(([name, value]) => [
            name,
            { ...value, data: value.data.slice() } as NdArray,
          ]),
        );
        for (const [row, index] of batch.indices.entries()) {
          if (samples.length >= count) continue;
          const { dataset } = loader;
          samples.push({
            ...(dataset.kind === "image" && { image: recorded(dataset as ImageDataset, index) }),
            ...(dataset.kind === "text" && { text: (dataset as TextDataset).get(index).text }),
            captions: batch.captions?.[row] ?? [],
            ...(own.logits && { probabilities: softmaxRow(own.logits, row) }),
            ...(own.image_embeddings && { imageEmbedding: rowOf(own.image_embeddings, row) }),
            ...(own.text_embeddings && { textEmbedding: rowOf(own.text_embeddings, row) }),
            layers: (options) => layersOf(own, row, options),
          });
        }
      });
    } finally {
      evaluator.dispose();
      await loader.dispose();
    }
    return samples;
  } finally {
    await training.dispose();
  }
}

function rowOf({ shape, data }: NdArray, row: number): number[] {
  const width = shape[1]!;
  return Array.from(data.slice(row * width, (row + 1) * width), Number);
}

function layersOf(
  outputs: Readonly<Record<string, NdArray>>,
  row: number,
  { prefix = "", stride, first = 0, count }: LayersOptions,
): RoutedLayer[] {
  const names = Object.keys(outputs).filter(
    (name) => name.startsWith(prefix) && name.endsWith(".ids"),
  );
  const from = row * stride + first;
  return names.map((name) => {
    const layer = name.slice(0, -4);
    const probabilities = outputs[`${layer}.probabilities`]!;
    const numExperts = probabilities.shape[1]!;
    const columns = ({ shape, data }: NdArray): number[][] =>
      Array.from({ length: shape[0]! }, (_, k) =>
        Array.from({ length: count }, (__, i) => Number(data[k * shape[1]! + from + i])),
      );
    return {
      layer,
      numExperts,
      ids: columns(outputs[name]!),
      combineWeights: columns(outputs[`${layer}.combine_weights`]!),
      probabilities: probabilities.data.slice(
        from * numExperts,
        (from + count) * numExperts,
      ) as Float32Array,
    };
  });
}
