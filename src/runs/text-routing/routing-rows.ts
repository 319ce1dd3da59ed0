/** The routing of a text by a language model, as columns of a table. */
import { requiredColumn } from "../../formats/parquet/parquet-columns.ts";
import { type NdArray, toNumbers } from "../../graph/array.ts";
import { layersOf, readRouting } from "../../moe/routing-taps.ts";
import type { TextModel } from "../open-language-model.ts";
import { compileReader } from "./text-reader.ts";

/** Rows of a table by column; all columns are equally long. */
export interface RoutingRows {
  /** Piece of the text, counted from 0. */
  readonly sequence: number[];
  /** Place of the token within its piece. */
  readonly position: number[];
  /** Id of the token. */
  readonly token: number[];
  readonly text: string[];
  /** Name of the layer, such as `blocks.3.moe`. */
  readonly layer: string[];
  /** 0 is the first choice of the router. */
  readonly choice: number[];
  readonly expert: number[];
  readonly weight: number[];
}

/**
 * Reads a text in pieces and yields the routing of each: one row for every token, layer and choice.
 *
 * @param tokens at least one
 * @param pieceLength tokens that are read together, at most the context of the model
 */
export async function* textRouting(
  { model, tokenizer, compile }: Pick<TextModel, "model" | "tokenizer" | "compile">,
  tokens: readonly number[],
  pieceLength: number,
): AsyncGenerator<RoutingRows> {
  const size = Math.min(pieceLength, model.contextLength, tokens.length);
  const reader = await compileReader({ model, compile }, size, ["ids", "combineWeights"]);
  try {
    for (let start = 0; start < tokens.length; start += size) {
      const own = tokens.slice(start, start + size);
      const values = await reader.read(own);
      yield rowsOf(values, start / size, own, (id) =>
        tokenizer.decode([id], { skipSpecial: false }),
      );
    }
  } finally {
    reader.dispose();
  }
}

function rowsOf(
  values: Readonly<Record<string, NdArray>>,
  sequence: number,
  tokens: readonly number[],
  textOf: (id: number) => string,
): RoutingRows {
  const rows: RoutingRows = {
    ...{ sequence: [], position: [], token: [], text: [] },
    ...{ layer: [], choice: [], expert: [], weight: [] },
  };
  const texts = tokens.map(textOf);
  for (const layer of layersOf(Object.keys(values))) {
    const { ids, combineWeights } = readRouting(values, layer, "combineWeights");
    const [count, numTokens] = ids.shape as [number, number];
    const [experts, weights] = [toNumbers(ids), toNumbers(combineWeights)];
    for (const [position, token] of tokens.entries()) {
      for (let choice = 0; choice < count; choice++) {
        const at = choice * numTokens + position;
        rows.sequence.push(sequence);
        rows.position.push(position);
        rows.token.push(token);
        rows.text.push(texts[position]!);
        rows.layer.push(layer);
        rows.choice.push(choice);
        rows.expert.push(experts[at]!);
        rows.weight.push(weights[at]!);
      }
    }
  }
  return rows;
}

const types = {
  sequence: "INT32",
  position: "INT32",
  token: "INT32",
  text: "UTF8",
  layer: "UTF8",
  choice: "INT32",
  expert: "INT32",
  weight: "FLOAT",
} as const;

/**
 * A Parquet file with rows, a row group for each piece of the text.
 *
 * @param about kept as JSON under the key `moesaic`
 * @param onRows called after each piece with its rows
 */
export async function encodeRouting(
  pieces: AsyncIterable<RoutingRows>,
  about: object,
  onRows: (rows: RoutingRows) => void = () => {},
): Promise<Uint8Array> {
  const { ByteWriter, ParquetWriter } = await import("hyparquet-writer");
  const writer = new ByteWriter();
  const columns = Object.entries(types) as [keyof RoutingRows, (typeof types)[keyof RoutingRows]][];
  const parquet = new ParquetWriter({
    writer,
    schema: [
      { name: "root", num_children: columns.length },
      ...columns.map(([name, type]) => requiredColumn(name, type)),
    ],
    kvMetadata: [{ key: "moesaic", value: JSON.stringify(about) }],
  });
  for await (const rows of pieces) {
    parquet.write({ columnData: columns.map(([name]) => ({ name, data: rows[name] })) });
    onRows(rows);
  }
  parquet.finish();
  return new Uint8Array(writer.getBytes());
}
