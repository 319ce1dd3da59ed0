/** Validation of names, types and shapes before a call of ONNX Runtime. */
import { elementCount, type NdArray } from "../graph/array.ts";

/** Metadata of one input or output of a session. */
export interface PortInfo {
  readonly name: string;
  /** Element type by name; undefined if the backend does not report it. */
  readonly dtype: string | undefined;
  /** Static sizes, undefined for dynamic ones; undefined as a whole if the shape is unknown. */
  readonly shape: readonly (number | undefined)[] | undefined;
}

/** The inputs, or the outputs, of a session by name. */
export interface Ports {
  readonly kind: "input" | "output";
  readonly byName: ReadonlyMap<string, PortInfo>;
}

export function ports(kind: "input" | "output", list: readonly PortInfo[]): Ports {
  return { kind, byName: new Map(list.map((port) => [port.name, port])) };
}

/** The port called `name`. @throws Error that lists the names that exist. */
export function findPort(all: Ports, name: string): PortInfo {
  const port = all.byName.get(name);
  if (port !== undefined) return port;
  const names = [...all.byName.keys()].join(", ") || "none";
  throw new RangeError(`the session has no ${all.kind} "${name}"; its ${all.kind}s are ${names}`);
}

/** Checks that `value` fits the port `name`. @throws Error with both types or shapes if not */
export function checkArray(all: Ports, name: string, value: NdArray): void {
  const port = findPort(all, name);
  const label = `${all.kind} "${name}"`;
  if (port.dtype !== undefined && port.dtype !== value.dtype) {
    throw new TypeError(`${label} is ${port.dtype}, but the array given is ${value.dtype}`);
  }
  const count = elementCount(value.shape);
  if (value.data.length !== count) {
    throw new RangeError(
      `${label}: shape [${value.shape.join(", ")}] needs ${count} elements, but the array holds ${value.data.length}`,
    );
  }
  const { shape } = port;
  if (shape === undefined) return;
  const fits =
    shape.length === value.shape.length &&
    shape.every((dim, axis) => dim === undefined || dim === value.shape[axis]);
  if (!fits) {
    const wanted = shape.map((dim) => dim ?? "?").join(", ");
    throw new RangeError(
      `${label} has shape [${wanted}], but the array given has [${value.shape.join(", ")}]`,
    );
  }
}

/** Checks a full set of inputs. @throws Error that names every missing one. */
export function checkInputs(all: Ports, given: Readonly<Record<string, NdArray>>): void {
  for (const [name, value] of Object.entries(given)) checkArray(all, name, value);
  const missing = [...all.byName.keys()].filter((name) => !(name in given));
  if (missing.length > 0) {
    throw new RangeError(`no array was given for input ${missing.join(", ")}`);
  }
}
