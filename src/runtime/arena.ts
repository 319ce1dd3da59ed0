/** Flat memory for parameters and tensors of the same shapes: gradients, moments, averages. */
import { allocateBytes, elementCount, type NdArray, view } from "../graph/array.ts";

/** One parameter; parameters of a `group` (for example with weight decay) are contiguous. */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly group: string;
}

/** A contiguous range of floats, `end` excluded. */
export interface ArenaGroup {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Buffers with one layout: a parameter and its gradient have the same offset in their buffers.
 *
 * Each parameter starts at a multiple of 64 bytes. Parameters whose sizes are multiples of 16 floats
 * have no gap between them, so the experts of a layer already are one stacked array. Gaps are zero and
 * stay zero under elementwise updates, so whole buffers can be summed.
 */
export interface Arena {
  /** Floats in each buffer, gaps included. */
  readonly size: number;
  /** Ranges of the groups, in the order of their first parameter. */
  readonly groups: readonly ArenaGroup[];
  /** Parameter names in memory order. */
  readonly names: readonly string[];
  readonly buffers: readonly string[];
  /** First float of a parameter. */
  offset(name: string): number;
  /** A view of a parameter in a buffer, with its shape. */
  view(buffer: string, name: string): NdArray<"float32">;
  /** A view of the floats `start` to `end` of a buffer, by default of all. */
  flat(buffer: string, start?: number, end?: number): Float32Array<ArrayBuffer>;
  /** Adds a zero-filled buffer, for example for a moving average of the weights. */
  addBuffer(name: string): void;
}

/** Buffers of an arena in training, beside one for each moment of the optimizer. */
export const BUFFERS = { parameters: "parameters", gradients: "gradients", ema: "ema" } as const;

const alignment = 16; // floats: 64 bytes, a cache line and the widest vector

/**
 * Lays out parameters by group, in the given order within each group.
 *
 * @throws RangeError if a name repeats or a shape is invalid
 *
 * @example
 * const arena = createArena([{ name: "w", shape: [4, 4], group: "decay" }], ["value", "gradient"]);
 * arena.view("gradient", "w").shape // [4, 4]
 */
export function createArena(specs: readonly ParameterSpec[], buffers: readonly string[]): Arena {
  const layout = new Map<string, { offset: number; shape: readonly number[] }>();
  const groups: ArenaGroup[] = [];
  let next = 0;
  for (const group of new Set(specs.map((spec) => spec.group))) {
    const start = next;
    for (const { name, shape } of specs.filter((spec) => spec.group === group)) {
      checkSpec(name, shape, layout.has(name));
      layout.set(name, { offset: next, shape: [...shape] });
      next += Math.ceil(elementCount(shape) / alignment) * alignment;
    }
    groups.push({ name: group, start, end: next });
  }
  const size = next;
  const memory = new Map<string, ArrayBuffer>();
  const find = <T>(map: ReadonlyMap<string, T>, kind: string, name: string): T => {
    const found = map.get(name);
    if (found === undefined) {
      const known = [...map.keys()].slice(0, 8).join(", ");
      throw new RangeError(`the arena has no ${kind} "${name}"; known: ${known || "none"}`);
    }
    return found;
  };
  const arena: Arena = {
    size,
    groups,
    names: [...layout.keys()],
    get buffers() {
      return [...memory.keys()];
    },
    offset: (name) => find(layout, "parameter", name).offset,
    view: (buffer, name) => {
      const { offset, shape } = find(layout, "parameter", name);
      return view("float32", shape, find(memory, "buffer", buffer), offset * 4);
    },
    flat: (buffer, start = 0, end = size) => {
      const whole = find(memory, "buffer", buffer);
      if (!(start >= 0 && start <= end && end <= size)) {
        throw new RangeError(
          `floats ${start} to ${end} are not inside the arena of ${size} floats`,
        );
      }
      return new Float32Array(whole, start * 4, end - start);
    },
    addBuffer: (name) => {
      if (memory.has(name)) throw new RangeError(`the arena has a buffer "${name}" already`);
      memory.set(name, allocateBytes(size * 4));
    },
  };
  for (const name of buffers) arena.addBuffer(name);
  return arena;
}

function checkSpec(name: string, shape: readonly number[], known: boolean): void {
  if (known) throw new RangeError(`parameter "${name}" is given twice; names must differ`);
  if (!shape.every((dim) => Number.isSafeInteger(dim) && dim >= 0)) {
    throw new RangeError(
      `parameter "${name}" has shape [${shape.join(", ")}]; sizes must be whole numbers >= 0`,
    );
  }
}
