/** Classifies single images. */
import { compileForward } from "../evaluate/forward.ts";
import type { Tensor } from "../graph/graph.ts";
import { input } from "../graph/inputs.ts";
import { batch } from "../graph/shape.ts";
import type { RecordedImage } from "../inspect/types/image.ts";
import type { Classifier } from "../models/classifier.ts";
import { systemOf } from "../models/systems.ts";
import type { Scope } from "../nn/scope.ts";
import { imageReader } from "./image-input.ts";
import { lazily } from "./lazily.ts";
import { isTokenTap, readSampleLayers } from "./routing.ts";
import { classProbabilities, type LiveAbilities, type LiveSource, stackRows } from "./source.ts";
import type { BatchedImage, ClassifiedImage } from "./types.ts";

/** A model that maps images `[B, C, H, W]` to class logits `[B, C]`. */
export type ImageModel = Pick<Classifier, "grid" | "logits">;

/** Blocks that read only text route words instead of patches. */
const isPatchTap = (name: string): boolean => isTokenTap(name) && !name.startsWith("text_blocks.");

/** Classifies images with the classifier of a system. */
export function systemClassifier(source: LiveSource): LiveAbilities {
  const { settings, spec } = source;
  const { classNames, imageShape } = spec;
  const numClasses = classNames.length;
  const model = systemOf(settings).classifier!(settings, { numClasses, imageShape: imageShape! });
  return imageClassifier(source, model);
}

/** Classifies images with the logits of a model. */
export function imageClassifier(
  { spec, compile }: Pick<LiveSource, "spec" | "compile">,
  { grid, logits }: ImageModel,
): Required<Pick<LiveAbilities, "classifyImage" | "classifyImages" | "dispose">> {
  const read = imageReader(spec);
  const { rows, columns: cols } = grid;
  const trace = (scope: Scope): Record<string, Tensor> => {
    const shape = [batch(), ...spec.imageShape!];
    return { logits: logits(scope, input(scope.graph, "images", { dtype: "float32", shape })) };
  };
  const forward = lazily(() => compileForward(trace, { ...compile, taps: isPatchTap }));
  const classify = async (
    images: readonly RecordedImage[],
    { routing = false } = {},
  ): Promise<BatchedImage[]> => {
    if (images.length === 0) return [];
    const batched = stackRows(images.map(read));
    const { run, taps } = await forward.get();
    const outputs = await run({ images: batched }, routing ? undefined : ["logits"]);
    const count = { samples: images.length, tokens: rows * cols };
    return classProbabilities(outputs.logits!).map((probabilities, n) => ({
      probabilities,
      ...(routing && {
        routing: { rows, cols, layers: readSampleLayers(outputs, taps, { ...count, at: n }) },
      }),
    }));
  };
  return {
    classifyImages: classify,
    async classifyImage(image) {
      const [only] = await classify([image], { routing: true });
      return only as ClassifiedImage;
    },
    dispose: () => forward.dispose(),
  };
}
