/** ONNX element types (TensorProto.DataType) and their names. */
import type { DType } from "../graph/array.ts";
import { elementTypes } from "../ops/element-types.ts";

// Types of models that arrays do not support, for messages.
const foreign: Readonly<Record<number, string>> = {
  3: "int8",
  4: "uint16",
  5: "int16",
  8: "string",
  10: "float16",
  12: "uint32",
  13: "uint64",
};

/** ONNX number of an element type. */
export function elementTypeCode(dtype: DType): number {
  return elementTypes[dtype];
}

/** Name of an ONNX element type, also of types that arrays do not support. */
export function elementTypeName(code: number): string {
  for (const [dtype, known] of Object.entries(elementTypes)) if (known === code) return dtype;
  return foreign[code] ?? `element type ${code}`;
}

/** The element type of a result. @throws Error if arrays do not support it */
export function dtypeOf(code: number, name: string): DType {
  const dtype = elementTypeName(code);
  if (dtype in elementTypes) return dtype as DType;
  throw new TypeError(
    `output ${name} is ${dtype}, which arrays cannot hold; cast it to one of ${Object.keys(elementTypes).join(", ")} in the graph`,
  );
}
