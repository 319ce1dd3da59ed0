import { existsSync } from "node:fs";
import { join } from "node:path";
import { elementCount } from "../../../graph/array.ts";
import { formatBytes } from "../../../graph/format-bytes.ts";
import { countParameters } from "../../../moe/active-parameters.ts";
import { openCheckpoint, type PretrainedCheckpoint } from "../../../pretrained/open-checkpoint.ts";
import { openPretrained, type Pretrained } from "../../../pretrained/open-pretrained.ts";
import { weightBytes } from "../../../pretrained/weight-type.ts";
import { formatCount } from "../../../report/format.ts";
import { type Context, printJson } from "../../context.ts";
import { printTable } from "../../table.ts";

/** `moesaic open`: describes a checkpoint without reading its weights. */
export async function openCommand(
  context: Context,
  folder: string,
  { json }: { readonly json: boolean },
): Promise<number> {
  const checkpoint = await openCheckpoint(folder);
  const facts =
    checkpoint.family.kind === "decoder"
      ? describeDecoder(await openPretrained(folder))
      : describeEncoder(checkpoint);
  if (json) printJson(context, facts);
  else printTable(context.out, [folder, ""], rowsOf(facts));
  return 0;
}

type Described = Omit<ReturnType<typeof describeDecoder>, "heads" | "vocabulary" | "context"> &
  Partial<
    Pick<ReturnType<typeof describeDecoder>, "heads" | "vocabulary" | "context"> & {
      readonly image: readonly number[];
      readonly text_tower: EncoderTower;
      readonly left_out: readonly string[];
    }
  >;

/** What is known of every checkpoint, in the form of the JSON. */
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

function describeDecoder(checkpoint: Pretrained) {
  const { settings, model, family } = checkpoint;
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
      routing: family.routing,
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

function describeEncoder(checkpoint: PretrainedCheckpoint): Described {
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

function rowsOf(facts: Described): string[][] {
  const { parameters, layers, heads, experts, stored, image, left_out: leftOut = [] } = facts;
  const { text_tower: text } = facts;
  const types = Object.entries(stored.types).map(([type, count]) => `${count} ${type}`);
  const isDecoder = facts.kind === "decoder";
  const images = image && `images of ${image.join(" x ")}`;
  const reads = images === undefined ? "texts" : `${images}${text ? " and of texts" : ""}`;
  const tokenizer = facts.tokenizer ? "tokenizer.json" : "none; generate needs tokenizer.json";
  const [wide, narrow] = [facts.float32_bytes, facts.bfloat16_bytes].map(formatBytes);
  const memory = isDecoder ? `${wide} as float32, ${narrow} as bfloat16` : `${wide} as float32`;
  const [first, second, ...rest] = leftOut;
  const rows: (string | undefined)[][] = [
    ["family", `${facts.title} (${facts.paper})`],
    ["use", isDecoder ? undefined : `an encoder of ${reads}: start a training with init_from.path`],
    ["parameters", formatCount(parameters.total)],
    ["per token", formatCount(parameters.active)],
    ["layers", `${layers.all}, ${layers.with_experts} with experts`],
    ["experts", experts && `${experts.selected} of ${experts.routed}, ${experts.shared} shared`],
    ["routing", facts.routing],
    ["width", String(facts.width)],
    [
      "heads",
      heads &&
        `${heads.queries}, ${heads.keys_and_values} of keys and values, ${facts.head_width} wide`,
    ],
    ["text tower", text && `${text.layers} layers, ${text.width} wide, ${text.heads} heads`],
    ["vocabulary", facts.vocabulary === undefined ? undefined : formatCount(facts.vocabulary)],
    ["context", facts.context === undefined ? undefined : `${formatCount(facts.context)} tokens`],
    ["tokenizer", isDecoder || facts.tokenizer ? tokenizer : undefined],
    [
      "left out",
      first && [first, second, rest.length > 0 && `${rest.length} more`].filter(Boolean).join(", "),
    ],
    ["stored", `${formatBytes(stored.bytes)} in tensors of ${types.join(", ")}`],
    ["in memory", memory],
  ];
  return rows.filter((row): row is string[] => row[1] !== undefined);
}
