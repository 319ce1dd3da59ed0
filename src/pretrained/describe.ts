/** Descriptions of checkpoints: sizes, parameters, routing rule. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { elementCount } from "../graph/array.ts";
import { countParameters } from "../moe/active-parameters.ts";
import type { PretrainedCheckpoint } from "./open-checkpoint.ts";
import type { Pretrained } from "./open-pretrained.ts";
import { weightBytes } from "./weight-type.ts";

/** What is known of a checkpoint, in the form of the JSON of `moesaic open`. */
export type CheckpointFacts = Omit<
  ReturnType<typeof describeDecoder>,
  "heads" | "vocabulary" | "context"
> &
  Partial<
    Pick<ReturnType<typeof describeDecoder>, "heads" | "vocabulary" | "context"> & {
      readonly image: readonly number[];
      readonly text_tower: EncoderTower;
      readonly left_out: readonly string[];
    }
  >;

/** What is known of every checkpoint. */
function describe(
  { folder, family, parameters, leftOut, bytes, dtypes }: PretrainedCheckpoint,
  numActiveExperts: number,
) {
  const sizes = parameters.map(({ name, shape }) => [name, elementCount(shape)] as const);
  const { total, active } = countParameters(sizes, numActiveExperts);
  return {
    folder,
    ...{ family: family.name, title: family.title, paper: family.paper, kind: family.kind },
    parameters: { total, active },
    tokenizer: existsSync(join(folder, "tokenizer.json")),
    left_out: leftOut,
    stored: { bytes, types: Object.fromEntries(dtypes) },
    float32_bytes: weightBytes(parameters, "float32"),
    bfloat16_bytes: weightBytes(parameters, "bfloat16"),
  };
}

/** What is known of a decoder. */
export function describeDecoder(checkpoint: Pretrained) {
  const { settings, model, family, config } = checkpoint;
  const { moe, moeLayers, numLayers } = settings;
  const sparse = Array.isArray(moeLayers) ? moeLayers.length : moeLayers === "all" ? numLayers : 0;
  return {
    ...describe(checkpoint, model.numActiveExperts),
    layers: { all: numLayers, with_experts: sparse },
    width: settings.width,
    heads: { queries: settings.numHeads, keys_and_values: model.numKeyValueHeads },
    head_width: model.headWidth,
    vocabulary: model.vocabularySize,
    context: settings.contextLength,
    ...(sparse > 0 && {
      experts: {
        routed: moe.numExperts,
        selected: model.numActiveExperts,
        shared: moe.experts.numShared,
      },
      routing: family.routing?.(config),
    }),
  };
}

/** Sizes that the settings of all encoders have. */
interface EncoderSizes {
  readonly numLayers: number;
  readonly width: number;
  readonly numHeads: number;
  readonly contextLength?: number;
  /** The text encoder of a pair; the other sizes are those of the image encoder. */
  readonly textTower?: Pick<EncoderSizes, "numLayers" | "width" | "numHeads">;
}

interface EncoderTower {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
}

/** What is known of an encoder. */
export function describeEncoder(checkpoint: PretrainedCheckpoint): CheckpointFacts {
  const settings = checkpoint.settings as unknown as EncoderSizes;
  const { numLayers, width, numHeads, contextLength, textTower: text } = settings;
  const { vocabularySize, imageShape } = checkpoint.inputs;
  return {
    ...describe(checkpoint, 1),
    layers: { all: numLayers, with_experts: 0 },
    width,
    heads: { queries: numHeads, keys_and_values: numHeads },
    head_width: width / numHeads,
    ...(vocabularySize !== undefined && { vocabulary: vocabularySize }),
    ...(contextLength !== undefined && { context: contextLength }),
    ...(imageShape !== undefined && { image: imageShape }),
    ...(text && {
      text_tower: { layers: text.numLayers, width: text.width, heads: text.numHeads },
    }),
  };
}
