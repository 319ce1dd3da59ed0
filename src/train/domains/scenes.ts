/** Routing of the same scenes of generated shapes in each style. */
import type { ImageDataset } from "../../data/dataset.ts";
import { createLoader } from "../../data/loader.ts";
import { type DatasetSpec, datasets } from "../../data/registry.ts";
import { routingAgreement } from "../../inspect/statistics/agreement.ts";
import type { DomainScenes, SceneAgreement } from "../../inspect/types/domain.ts";
import type { Mosaic } from "../../inspect/types/mosaic.ts";
import type { Evaluator } from "../../learn/evaluator.ts";
import { readRouting } from "../../moe/routing-taps.ts";
import type { TrainConfig } from "../../recipe/config.ts";
import { datasetSpec, transformSpecs } from "../../recipe/data-specs.ts";
import { shownImage } from "../../tasks/shared/shown-image.ts";
import type { ImagePatches } from "../../tasks/task.ts";

const SCENES = 64;
const SHOWN = 4;

interface SceneOptions {
  /** Returns the taps of all layers and their combine weights. */
  readonly evaluator: Evaluator;
  readonly layers: readonly string[];
  readonly patches: ImagePatches;
}

/** First experts of all patches of all scenes, for each layer. */
type FirstExperts = readonly number[][];

/** Scenes of the test split; undefined for sets that cannot draw a scene in another style. */
export async function routeScenes(
  config: TrainConfig,
  domains: readonly string[],
  { evaluator, layers, patches }: SceneOptions,
): Promise<DomainScenes | undefined> {
  const { data, seed, train } = config;
  const spec = datasetSpec(data, "test", seed);
  const { inDomain } = datasets.get(data.name);
  if (inDomain === undefined) return undefined;
  const { grid, tokensPerImage } = patches;
  const numPatches = grid.rows * grid.columns;
  const styles: { mosaics: Mosaic[]; experts: FirstExperts }[] = [];
  let numExperts: readonly number[] = [];
  for (const domain of domains) {
    const style = inDomain(spec, domain, SCENES) as DatasetSpec;
    const options = { batchSize: train.batchSize, workers: 0, seed };
    await using loader = await createLoader(style, {
      ...options,
      transforms: transformSpecs(data, false),
    });
    const mosaics: Mosaic[] = [];
    const experts: FirstExperts = layers.map(() => []);
    await evaluator.run(loader, (outputs, { indices }) => {
      const routed = layers.map((layer) => readRouting(outputs, layer, "probabilities"));
      numExperts = routed.map(({ probabilities }) => probabilities.shape[1]!);
      for (const [row, index] of indices.entries()) {
        for (const [l, { ids }] of routed.entries()) {
          const start = row * tokensPerImage;
          const first = ids.data.subarray(start, start + numPatches);
          experts[l]!.push(...Array.from(first, Number));
        }
        if (mosaics.length >= SHOWN) continue;
        const dataset = loader.dataset as ImageDataset;
        const place = { index, row, layers, grid, outputs, stride: tokensPerImage };
        const { decisions: _, ...mosaic } = shownImage(dataset, place).mosaic;
        mosaics.push(mosaic);
      }
    });
    styles.push({ mosaics, experts });
  }
  const agreement = layers.flatMap((layer, l) =>
    styles.flatMap(({ experts }, i) =>
      styles.slice(i + 1).map((other, j): SceneAgreement => {
        const options = { numExperts: numExperts[l]!, numSelectedExperts: 1 };
        const { firstChoice, kappa } = routingAgreement(experts[l]!, other.experts[l]!, options);
        return { layer, domains: [domains[i]!, domains[i + 1 + j]!], firstChoice, kappa };
      }),
    ),
  );
  const shown = styles[0]!.mosaics.map((_, scene) => styles.map(({ mosaics }) => mosaics[scene]!));
  return { shown, count: SCENES, agreement };
}
