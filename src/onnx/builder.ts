/** Collects ONNX nodes and initializers and serialises them as a model. */
import { create, toBinary } from "@bufbuild/protobuf";
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "onnx-buf";
import { array, type DType, type NdArray } from "../graph/array.ts";
import type { AttributeValue, Emitter, TensorSpec } from "../graph/graph.ts";
import { formatDim } from "../graph/shape.ts";
import { elementTypes } from "../ops/element-types.ts";

/** Rewrites operators that a target does not support, keyed by operator type. */
export type Lowering = Readonly<Record<string, LoweringRule>>;

export type LoweringRule = (
  emitter: Emitter,
  inputs: readonly string[],
  attributes: Readonly<Record<string, AttributeValue>>,
  outputs: readonly string[],
) => void;

export interface ModelBuilder extends Emitter {
  /** Sets the name prefix of nodes added from now on. */
  label(prefix: string): void;
  initializer(name: string, value: NdArray): void;
  /** The name of an input after a cast, which runs just before the first node that reads it. */
  castInput(name: string, to: DType): string;
  declareInput(name: string, spec: TensorSpec): void;
  declareOutput(name: string, spec: TensorSpec): void;
  /** The model as ONNX bytes. */
  finish(metadata?: Readonly<Record<string, string>>): Uint8Array<ArrayBuffer>;
}

const OPSET = 21n;
const IR_VERSION = 10n;

export function createBuilder(lowering: Lowering = {}): ModelBuilder {
  const nodes: NodeProto[] = [];
  const casts: NodeProto[] = [];
  const initializers: TensorProto[] = [];
  const inputs: ValueInfoProto[] = [];
  const outputs: ValueInfoProto[] = [];
  const shared = new Map<string, string>();
  let prefix = "node";
  let next = 0;

  const builder: ModelBuilder = {
    fresh: () => `v${next++}`,
    label: (text) => {
      prefix = text;
    },
    add(opType, inputNames, attributes = {}, { outputs: given, domain = "" } = {}) {
      const names = given ?? [builder.fresh()];
      const rule = lowering[opType];
      if (rule !== undefined) {
        rule(builder, inputNames, attributes, names);
        return names[0]!;
      }
      nodes.push(
        create(NodeProtoSchema, {
          opType,
          domain,
          name: `${prefix}:${nodes.length}`,
          input: [...inputNames],
          output: [...names],
          attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
        }),
      );
      return names[0]!;
    },
    constant(value) {
      const key = constantKey(value);
      const known = key === undefined ? undefined : shared.get(key);
      if (known !== undefined) return known;
      const name = `c${next++}`;
      builder.initializer(name, value);
      if (key !== undefined) shared.set(key, name);
      return name;
    },
    ints: (values) => builder.constant(array([...values], "int64")),
    scalar: (value) => builder.constant(array(value)),
    initializer(name, { dtype, shape, data }) {
      initializers.push(
        create(TensorProtoSchema, {
          name,
          dataType: elementTypes[dtype],
          dims: shape.map(BigInt),
          rawData: new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength),
        }),
      );
    },
    castInput(name, to) {
      const output = builder.fresh();
      const type = attribute("to", elementTypes[to]);
      const label = `${prefix}:cast ${casts.length}`;
      casts.push(
        create(NodeProtoSchema, {
          ...{ opType: "Cast", name: label, input: [name], output: [output] },
          attribute: [type],
        }),
      );
      return output;
    },
    declareInput: (name, spec) => inputs.push(valueInfo(name, spec)),
    declareOutput: (name, spec) => outputs.push(valueInfo(name, spec)),
    finish(metadata = {}) {
      const domains = new Set(nodes.map((node) => node.domain));
      const model = create(ModelProtoSchema, {
        irVersion: IR_VERSION,
        producerName: "moesaic",
        opsetImport: [
          { domain: "", version: OPSET },
          ...(domains.has("com.microsoft") ? [{ domain: "com.microsoft", version: 1n }] : []),
        ],
        graph: {
          name: "moesaic",
          node: [...casts, ...lastWantedFirst(nodes)],
          initializer: initializers,
          input: inputs,
          output: outputs,
        },
        metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
      });
      return toBinary(ModelProtoSchema, model) as Uint8Array<ArrayBuffer>;
    },
  };
  return builder;
}

/**
 * Moves the nodes whose outputs no other node reads to the end, in reverse order.
 *
 * ONNX Runtime first runs everything that the last node of a model depends on, then the remaining
 * dependencies of the second to last node, and so on. In construction order, a training step would
 * compute the gradient of the first layer before all other weight gradients, and keep every activation
 * until then; in this order each weight gradient is computed early and memory is freed.
 *
 * Among the dependencies of one node, those that come later in the model run first. So casts of inputs come
 * before all others: after them, each would run before the layers below, and all results would be kept.
 */
function lastWantedFirst(nodes: readonly NodeProto[]): NodeProto[] {
  const read = new Set(nodes.flatMap((node) => node.input));
  const isRead = (node: NodeProto) => node.output.some((name) => read.has(name));
  return [...nodes.filter(isRead), ...nodes.filter((node) => !isRead(node)).reverse()];
}

/** Key of a constant that is small or has equal entries; undefined for others. */
function constantKey({ dtype, shape, data }: NdArray): string | undefined {
  const type = `${dtype}[${shape}]`;
  if (data.length <= 64) return `${type}${data}`;
  const first = data[0]!;
  const uniform = (data as Float32Array).every((entry) => entry === first);
  return uniform ? `${type}=${first}` : undefined;
}

function attribute(name: string, value: AttributeValue): AttributeProto {
  const encoder = new TextEncoder();
  if (typeof value === "string") {
    return create(AttributeProtoSchema, {
      name,
      type: AttributeType.STRING,
      s: encoder.encode(value),
    });
  }
  if (typeof value === "number") {
    return create(AttributeProtoSchema, { name, type: AttributeType.INT, i: BigInt(value) });
  }
  if ("float" in value) {
    return create(AttributeProtoSchema, { name, type: AttributeType.FLOAT, f: value.float });
  }
  return create(AttributeProtoSchema, { name, type: AttributeType.INTS, ints: value.map(BigInt) });
}

function valueInfo(name: string, { dtype, shape }: TensorSpec): ValueInfoProto {
  const dim = shape.map((d) =>
    typeof d === "number"
      ? { value: { case: "dimValue" as const, value: BigInt(d) } }
      : { value: { case: "dimParam" as const, value: formatDim(d) } },
  );
  return create(ValueInfoProtoSchema, {
    name,
    type: {
      value: { case: "tensorType", value: { elemType: elementTypes[dtype], shape: { dim } } },
    },
  });
}
