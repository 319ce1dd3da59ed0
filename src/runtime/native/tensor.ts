/** Native tensors over JavaScript memory, and arrays from native tensors. */
import { allocate, bytesPerElement, elementCount, type NdArray } from "../../graph/array.ts";
import { dtypeOf, elementTypeCode } from "../element-types.ts";
import type { HandleCounts } from "../handles.ts";
import { type Api, addressOf, memoryAt, type Pointer, slots } from "./api.ts";

/** Creates, counts and releases native tensors. */
export interface Tensors {
  /** A tensor over the memory of an array; the caller keeps the array referenced. */
  over(array: NdArray): Pointer;
  /** Copies a tensor that a run allocated. */
  read(tensor: Pointer, name: string): NdArray;
  /** Counts a tensor created by native code. */
  adopt(tensor: Pointer): void;
  release(tensor: Pointer): void;
  /** Releases resources shared by all tensors. */
  close(): void;
}

export function openTensors(api: Api, handles: HandleCounts): Tensors {
  const slot = slots(1);
  // An empty tensor still needs an address, which is never dereferenced.
  const nowhere = new Uint8Array(new ArrayBuffer(64));
  const arenaAllocator = 1;
  const defaultMemory = 0;
  api.createCpuMemoryInfo(arenaAllocator, defaultMemory, slot);
  const memoryInfo = slot[0]!;
  handles.add("memoryInfos");

  const describe = (tensor: Pointer): { code: number; shape: number[] } => {
    api.tensorInfo(tensor, slot);
    const info = slot[0]!;
    try {
      return readTensorInfo(api, info);
    } finally {
      api.releaseTensorInfo(info);
    }
  };

  return {
    over: (array) => {
      const { data, shape, dtype } = array;
      const dims = new BigInt64Array(new ArrayBuffer(Math.max(1, shape.length) * 8));
      shape.forEach((dim, axis) => {
        dims[axis] = BigInt(dim);
      });
      const address = addressOf(data.length === 0 ? nowhere : data);
      const code = elementTypeCode(dtype);
      api.createTensorOverMemory(
        memoryInfo,
        address,
        data.byteLength,
        dims,
        shape.length,
        code,
        slot,
      );
      handles.add("tensors");
      return slot[0]!;
    },
    read: (tensor, name) => {
      const { code, shape } = describe(tensor);
      const dtype = dtypeOf(code, name);
      const result = allocate(dtype, shape);
      const bytes = elementCount(shape) * bytesPerElement(dtype);
      if (bytes > 0) {
        api.tensorData(tensor, slot);
        const source = new Uint8Array(memoryAt(slot[0]!, bytes));
        new Uint8Array(result.data.buffer).set(source);
      }
      return result;
    },
    adopt: () => handles.add("tensors"),
    release: (tensor) => {
      api.releaseValue(tensor);
      handles.remove("tensors");
    },
    close: () => {
      api.releaseMemoryInfo(memoryInfo);
      handles.remove("memoryInfos");
    },
  };
}

/** Element type and shape of a type description; dynamic sizes are -1. */
export function readTensorInfo(api: Api, info: Pointer): { code: number; shape: number[] } {
  const code = new Int32Array(new ArrayBuffer(4));
  api.elementType(info, code);
  const rank = slots(1);
  api.dimensionCount(info, rank);
  const dims = new BigInt64Array(new ArrayBuffer(Math.max(8, Number(rank[0]) * 8)));
  api.dimensions(info, dims, Number(rank[0]));
  return { code: code[0]!, shape: Array.from(dims.subarray(0, Number(rank[0])), Number) };
}
