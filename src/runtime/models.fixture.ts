/** Small ONNX models for tests of the runtimes. */
import { create, toBinary } from "@bufbuild/protobuf";
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  ModelProtoSchema,
} from "onnx-buf";
import type { DType } from "../graph/array.ts";
import { elementTypeCode } from "./element-types.ts";

/** A tensor of a model's interface: `name: [type, shape]`; a string is a run-time size. */
export type PortSpec = Readonly<Record<string, readonly [DType, readonly (number | string)[]]>>;

export interface NodeSpec {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly name?: string;
  readonly domain?: string;
  /** Whole-number attributes. */
  readonly attributes?: Readonly<Record<string, number>>;
}

/** Bytes of a model of IR version 10 over operator set 21. */
export function modelBytes(
  inputs: PortSpec,
  nodes: readonly NodeSpec[],
  outputs: PortSpec,
): Uint8Array {
  const model = create(ModelProtoSchema, {
    irVersion: 10n,
    opsetImport: [
      { domain: "", version: 21n },
      { domain: "com.microsoft", version: 1n },
    ],
    graph: {
      name: "test",
      input: valueInfos(inputs),
      output: valueInfos(outputs),
      node: nodes.map((node, index) => ({
        opType: node.op,
        input: [...node.inputs],
        output: [...node.outputs],
        name: node.name ?? `node${index}`,
        domain: node.domain ?? "",
        attribute: Object.entries(node.attributes ?? {}).map(([name, value]) =>
          intAttribute(name, value),
        ),
      })),
    },
  });
  return toBinary(ModelProtoSchema, model);
}

function intAttribute(name: string, value: number): AttributeProto {
  return create(AttributeProtoSchema, {
    name,
    type: AttributeProto_AttributeType.INT,
    i: BigInt(value),
  });
}

function valueInfos(specs: PortSpec) {
  return Object.entries(specs).map(([name, [dtype, shape]]) => ({
    name,
    type: {
      value: {
        case: "tensorType" as const,
        value: {
          elemType: elementTypeCode(dtype),
          shape: {
            dim: shape.map((dim) => ({
              value:
                typeof dim === "number"
                  ? { case: "dimValue" as const, value: BigInt(dim) }
                  : { case: "dimParam" as const, value: dim },
            })),
          },
        },
      },
    },
  }));
}
