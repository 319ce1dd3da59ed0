/** The weights in an ONNX file under the names that its exporter dropped. */
import { readFile, stat } from "node:fs/promises";
import { fromBinary } from "@bufbuild/protobuf";
import {
  type GraphProto,
  ModelProtoSchema,
  type NodeProto,
  type TensorProto,
  TensorProto_DataLocation,
} from "onnx-buf";
import { narrowTypes, widenToFloat32 } from "../formats/narrow.ts";
import { elementCount, type NdArray } from "../graph/array.ts";
import { usageError } from "../graph/errors.ts";
import type { CheckpointFiles } from "./checkpoint-files.ts";
import { arrayAfter } from "./steps/parts.ts";

/** Files are read as a whole. */
const MAX_BYTES = 2 ** 31 - 1;

/** What the operators of an ONNX file say of a transformer, beside its weights. */
export interface GraphFacts {
  /** Width of the heads of attention. */
  readonly headWidth?: number;
  /** Number added to the variance in norms. */
  readonly normEpsilon?: number;
  /** Whether the graph has the error function of GELU. */
  readonly hasErf: boolean;
}

export interface OnnxFiles extends CheckpointFiles {
  readonly facts: GraphFacts;
}

/** Whether a path is that of an ONNX file. */
export function isOnnxFile(path: string): boolean {
  return /\.onnx$/i.test(path);
}

/**
 * Reads the floating-point initializers of an ONNX file.
 *
 * Exporters rename weights that they transpose, such as `onnx::MatMul_12`. The weight of a MatMul takes
 * the name of the bias that is added to its result, and its shape `[O, I]`; other renamed tensors take
 * the place of the operator that reads them, such as `embeddings.Concat`.
 *
 * @throws UserError (exit code 2) if it is no ONNX file, is too large, or has its data elsewhere
 */
export async function openOnnxFile(path: string): Promise<OnnxFiles> {
  const graph = await readGraph(path);
  const weights = graph.initializer.filter(({ dataType }) => types.has(dataType));
  const external = weights.find(({ dataLocation: at }) => at === TensorProto_DataLocation.EXTERNAL);
  if (external !== undefined) {
    throw usageError(
      `${path}: tensor "${external.name}" has its data in another file; save the model with its weights inside`,
    );
  }
  const stored = new Map<string, { readonly proto: TensorProto; readonly turned: boolean }>();
  const names = namesOf(graph);
  for (const proto of weights) {
    const { name = proto.name, turned = false } = names.get(proto.name) ?? {};
    if (!stored.has(name)) stored.set(name, { proto, turned });
  }
  const shapeOf = ({ dims }: TensorProto): number[] => dims.map(Number);
  return {
    facts: factsOf(graph),
    tensors: new Map(
      [...stored].map(([name, { proto, turned }]) => {
        const shape = shapeOf(proto);
        const code = types.get(proto.dataType)!;
        return [name, { shape: turned ? shape.toReversed() : shape, code }];
      }),
    ),
    unreadable: new Map(),
    bytes: weights.reduce((sum, { rawData, floatData }) => sum + rawData.length + 4 * floatData.length, 0), // biome-ignore format: one sum
    async read(name) {
      const { proto, turned } = stored.get(name)!;
      const array = arrayOf(proto, shapeOf(proto), path);
      return turned ? arrayAfter(array, { kind: "transpose" }, 0) : array;
    },
    close: async () => {},
  };
}

async function readGraph(path: string): Promise<GraphProto> {
  try {
    const { size } = await stat(path);
    if (size > MAX_BYTES) throw usageError(`it has ${size} bytes, more than ${MAX_BYTES}`);
    const bytes = new Uint8Array(await readFile(path)); // a Buffer's slices would not be aligned
    const { graph } = fromBinary(ModelProtoSchema, bytes);
    if (graph !== undefined) return graph;
    throw usageError("it has no graph");
  } catch (cause) {
    throw usageError(`${path} is no ONNX file that can be read: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** Element types of ONNX and their names in safetensors. */
const types: ReadonlyMap<number, string> = new Map([
  [1, "F32"],
  [10, "F16"],
  [11, "F64"],
  [16, "BF16"],
]);

function arrayOf(proto: TensorProto, shape: readonly number[], path: string): NdArray<"float32"> {
  const code = types.get(proto.dataType)!;
  const bytes = proto.rawData.slice(); // aligned
  const narrow = narrowTypes.get(code);
  const wide = code === "F64" ? Float64Array : Float32Array;
  const whole = bytes.length - (bytes.length % (narrow?.bytes ?? wide.BYTES_PER_ELEMENT));
  const data =
    proto.floatData.length > 0
      ? Float32Array.from(proto.floatData)
      : narrow === undefined
        ? Float32Array.from(new wide(bytes.buffer, 0, whole / wide.BYTES_PER_ELEMENT))
        : widenToFloat32(bytes.subarray(0, whole), narrow);
  if (data.length === elementCount(shape)) return { dtype: "float32", shape, data: data as never };
  throw usageError(
    `${path}: tensor "${proto.name}" has ${data.length} numbers, but its shape needs ${elementCount(shape)}; the file is damaged`,
  );
}

/** Names that tell nothing, such as `onnx::MatMul_12`. */
const RENAMED = /^onnx::|^\d+$/;

type Named = ReadonlyMap<string, { readonly name: string; readonly turned: boolean }>;

function namesOf({ node: nodes, initializer }: GraphProto): Named {
  const known = new Set(initializer.map(({ name }) => name));
  const readers = new Map<string, NodeProto[]>();
  for (const node of nodes) {
    for (const name of node.input) readers.set(name, [...(readers.get(name) ?? []), node]);
  }
  const names = new Map<string, { name: string; turned: boolean }>();
  for (const { name: given, dims } of initializer) {
    const [reader] = readers.get(given) ?? [];
    if (!RENAMED.test(given) || reader === undefined) continue;
    const [added] = reader.opType === "MatMul" ? (readers.get(reader.output[0]!) ?? []) : [];
    const bias = added?.opType === "Add" ? added.input.find((each) => known.has(each)) : undefined;
    if (bias?.endsWith(".bias") && dims.length === 2) {
      names.set(given, { name: bias.replace(/bias$/, "weight"), turned: true });
    } else if (reader.name.startsWith("/")) {
      const place = reader.name.slice(1).split("/").slice(0, -1);
      names.set(given, { name: [...place, reader.opType].join("."), turned: false });
    }
  }
  return names;
}

function factsOf({ node: nodes }: GraphProto): GraphFacts {
  const producers = new Map(nodes.flatMap((node) => node.output.map((name) => [name, node])));
  const scalar = (name: string): number | undefined => {
    const { opType, attribute = [] } = producers.get(name) ?? {};
    const tensor = opType === "Constant" ? attribute[0]?.t : undefined;
    if (tensor?.dataType !== 1 || tensor.rawData.length !== 4) return undefined;
    return new DataView(tensor.rawData.slice().buffer).getFloat32(0, true);
  };
  const among = (names: readonly string[]): number | undefined =>
    names.map(scalar).find((value) => value !== undefined);
  const before = (name: string | undefined): NodeProto | undefined =>
    name === undefined ? undefined : producers.get(name);
  const softmax = nodes.find(({ opType }) => opType === "Softmax");
  const scores = before(softmax?.input[0]);
  const scales = (scores?.input ?? []).map((name) => {
    const product = producers.get(name);
    return product?.opType === "Mul" ? (among(product.input) ?? 1) : 1;
  });
  const scale = scales.reduce((product, each) => product * each, 1);
  const root = nodes.find(({ opType }) => opType === "Sqrt");
  const sum = before(root?.input[0]);
  const epsilon = sum?.opType === "Add" ? among(sum.input) : undefined;
  return {
    ...(scale < 1 && { headWidth: Math.round(scale ** -2) }),
    ...(epsilon !== undefined && { normEpsilon: Number(epsilon.toPrecision(6)) }),
    hasErf: nodes.some(({ opType }) => opType === "Erf"),
  };
}
