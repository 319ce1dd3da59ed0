import { formatBytes } from "../../../graph/format-bytes.ts";
import {
  type CheckpointFacts,
  describeDecoder,
  describeEncoder,
} from "../../../pretrained/describe.ts";
import { openCheckpoint } from "../../../pretrained/open-checkpoint.ts";
import { openPretrained } from "../../../pretrained/open-pretrained.ts";
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

function rowsOf(facts: CheckpointFacts): string[][] {
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
