/** Flat memory for parameters and tensors of the same shapes: gradients, moments, averages. */
import { allocateBytes, elementCount, type NdArray, view } from "../graph/array.ts";

/** One parameter; parameters of a `group` (for example with weight decay) are contiguous. */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly group: string;
  /** Whether it never changes: then only the buffer `parameters` holds it. Default false. */
  readonly frozen?: boolean;
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
 * stay zero under elementwise updates, so whole buffers can be summed. Frozen parameters come last, and only
 * the buffer `parameters` has memory for them.
 */
export interface Arena {
  /** Floats in each buffer but `parameters`, gaps included. */
  readonly size: number;
  /** Ranges of the groups of parameters that are not frozen, in the order of their first parameter. */
  readonly groups: readonly ArenaGroup[];
  /** Parameter names in memory order. */
  readonly names: readonly string[];
  /** Names of the parameters that are not frozen. */
  readonly trained: readonly string[];
  readonly buffers: readonly string[];
  /** First float of a parameter. */
  offset(name: string): number;
  /**
   * A view of a parameter in a buffer, with its shape. The moving average of a frozen parameter is the
   * parameter.
   *
   * @throws RangeError for a gradient or moment of a frozen parameter
   */
  view(buffer: string, name: string): NdArray<"float32">;
  /** A view of the floats `start` to `end` of a buffer, by default of all. */
  flat(buffer: string, start?: number, end?: number): Float32Array<ArrayBuffer>;
  /** Adds a zero-filled buffer, for example for a moving average of the weights. */
  addBuffer(name: string): void;
  /** Copies the parameters to their moving averages. */
  resetAverages(): void;
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
  const place = ({ name, shape }: ParameterSpec): void => {
    checkSpec(name, shape, layout.has(name));
    layout.set(name, { offset: next, shape: [...shape] });
    next += Math.ceil(elementCount(shape) / alignment) * alignment;
  };
  const trained = specs.filter(({ frozen = false }) => !frozen);
  for (const group of new Set(trained.map((spec) => spec.group))) {
    const start = next;
    for (const spec of trained.filter((each) => each.group === group)) place(spec);
    groups.push({ name: group, start, end: next });
  }
  const size = next;
  for (const spec of specs.filter(({ frozen = false }) => frozen)) place(spec);
  const sizeOf = (buffer: string): number => (buffer === BUFFERS.parameters ? next : size);
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
    trained: [...layout].filter(([, { offset }]) => offset < size).map(([name]) => name),
    get buffers() {
      return [...memory.keys()];
    },
    offset: (name) => find(layout, "parameter", name).offset,
    view: (buffer, name) => {
      const { offset, shape } = find(layout, "parameter", name);
      const frozen = offset >= size;
      const from = frozen && buffer === BUFFERS.ema ? BUFFERS.parameters : buffer;
      if (frozen && from !== BUFFERS.parameters) {
        throw new RangeError(`the parameter "${name}" is frozen, so "${buffer}" does not hold it`);
      }
      return view("float32", shape, find(memory, "buffer", from), offset * 4);
    },
    flat: (buffer, start = 0, end = sizeOf(buffer)) => {
      const whole = find(memory, "buffer", buffer);
      if (!(start >= 0 && start <= end && end <= sizeOf(buffer))) {
        throw new RangeError(
          `floats ${start} to ${end} are not inside the buffer "${buffer}" of ${sizeOf(buffer)} floats`,
        );
      }
      return new Float32Array(whole, start * 4, end - start);
    },
    addBuffer: (name) => {
      if (memory.has(name)) throw new RangeError(`the arena has a buffer "${name}" already`);
      memory.set(name, allocateBytes(sizeOf(name) * 4));
    },
    resetAverages: () => {
      arena.flat(BUFFERS.ema).set(arena.flat(BUFFERS.parameters, 0, size));
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
