import { existsSync } from "node:fs";
import { join } from "node:path";
import { elementCount } from "../../../graph/array.ts";
import { countParameters } from "../../../moe/active-parameters.ts";
import { openPretrained, type Pretrained } from "../../../pretrained/open-pretrained.ts";
import { formatCount } from "../../../report/format.ts";
import { type Context, printJson } from "../../context.ts";
import { printTable } from "../../table.ts";

/** `moesaic open`: describes a checkpoint without reading its weights. */
export async function openCommand(
  context: Context,
  folder: string,
  { json }: { readonly json: boolean },
): Promise<number> {
  const facts = describe(await openPretrained(folder));
  if (json) printJson(context, facts);
  else printTable(context.out, [folder, ""], rowsOf(facts));
  return 0;
}

/** What is known of a checkpoint, in the form of the JSON. */
function describe({ folder, family, settings, model, parameters, bytes, dtypes }: Pretrained) {
  const { moe, moeLayers, numLayers } = settings;
  const sparse = Array.isArray(moeLayers) ? moeLayers.length : moeLayers === "all" ? numLayers : 0;
  const sizes = parameters.map(({ name, shape }) => [name, elementCount(shape)] as const);
  const { total, active } = countParameters(sizes, model.numActiveExperts);
  const context = settings.contextLength;
  return {
    folder,
    family: family.name,
    title: family.title,
    paper: family.paper,
    parameters: { total, active },
    layers: { all: numLayers, with_experts: sparse },
    width: settings.width,
    heads: { queries: settings.numHeads, keys_and_values: model.numKeyValueHeads },
    head_width: model.headWidth,
    vocabulary: model.vocabularySize,
    context,
    ...(sparse > 0 && {
      experts: {
        routed: moe.numExperts,
        selected: model.numActiveExperts,
        shared: moe.experts.numShared,
      },
      routing: family.routing,
    }),
    tokenizer: existsSync(join(folder, "tokenizer.json")),
    stored: { bytes, types: Object.fromEntries(dtypes) },
    float32_bytes: 4 * total,
  };
}

function rowsOf(facts: ReturnType<typeof describe>): string[][] {
  const { parameters, layers, heads, experts, stored } = facts;
  const types = Object.entries(stored.types).map(([type, count]) => `${count} ${type}`);
  const rows: (string | undefined)[][] = [
    ["family", `${facts.title} (${facts.paper})`],
    ["parameters", formatCount(parameters.total)],
    ["per token", formatCount(parameters.active)],
    ["layers", `${layers.all}, ${layers.with_experts} with experts`],
    ["experts", experts && `${experts.selected} of ${experts.routed}, ${experts.shared} shared`],
    ["routing", facts.routing],
    ["width", String(facts.width)],
    [
      "heads",
      `${heads.queries}, ${heads.keys_and_values} of keys and values, ${facts.head_width} wide`,
    ],
    ["vocabulary", formatCount(facts.vocabulary)],
    ["context", `${formatCount(facts.context)} tokens`],
    ["tokenizer", facts.tokenizer ? "tokenizer.json" : "none; generate needs tokenizer.json"],
    ["stored", `${gigabytes(stored.bytes)} in tensors of ${types.join(", ")}`],
    ["in memory", `${gigabytes(facts.float32_bytes)} as float32`],
  ];
  return rows.filter((row): row is string[] => row[1] !== undefined);
}

function gigabytes(bytes: number): string {
  return bytes < 1e8 ? `${(bytes / 1e6).toFixed(2)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}
