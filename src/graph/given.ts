/** Checks of values that programs give, whose types only TypeScript has checked. */
import { isDType, type NdArray } from "./array.ts";
import { usageError } from "./errors.ts";
import type { Graph, Tensor } from "./graph.ts";

/** A value for messages, such as `a list`, `null`, `"adam"` or `an object with loss, metrics`. */
export function describeGiven(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 60));
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return "a list";
  if (typeof (value as { then?: unknown }).then === "function") return "a promise";
  if (isTensor(value)) return "a tensor";
  if (isNdArray(value)) return "an array";
  const keys = Object.keys(value).slice(0, 5);
  if (!isPlain(value)) return `a ${value.constructor?.name ?? "object"}`;
  return keys.length === 0 ? "an empty object" : `an object with ${keys.join(", ")}`;
}

export function isTensor(value: unknown): value is Tensor {
  return typeof value === "object" && value !== null && "node" in value && "graph" in value;
}

export function isNdArray(value: unknown): value is NdArray {
  return isSpec(value) && ArrayBuffer.isView((value as { data?: unknown }).data);
}

/** Whether a value has the type and shape of an array: an array, a tensor, or only these. */
function isSpec(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { dtype, shape } = value as { dtype?: unknown; shape?: unknown };
  return typeof dtype === "string" && isDType(dtype) && Array.isArray(shape);
}

/** Whether a value can be read like a map, also one of another realm. */
export function isMap(value: unknown): value is ReadonlyMap<unknown, unknown> {
  const { get, keys } = (value ?? {}) as { readonly get?: unknown; readonly keys?: unknown };
  return typeof get === "function" && typeof keys === "function";
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * Checks an object of arrays by name.
 *
 * @param what the object, as the subject of a sentence with a plural verb, such as `the data`
 * @param specs whether types and shapes without numbers are enough
 * @throws UserError (exit code 2) if it is none, or one of them is no array
 */
export function checkArrays(what: string, arrays: unknown, { specs = false } = {}): void {
  const hint = "{ x: array([[1, 2]]) }";
  if (typeof arrays !== "object" || arrays === null || Array.isArray(arrays) || isNdArray(arrays)) {
    throw usageError(
      `${what} must be arrays by name, such as ${hint}, got ${describeGiven(arrays)}`,
    );
  }
  for (const [name, value] of Object.entries(arrays)) {
    checkNdArray(`${what}: ${name}`, value, { specs });
  }
}

/**
 * Checks one array.
 *
 * @param specs whether a type and a shape without numbers are enough
 * @throws UserError (exit code 2) if it is none, or has too many or too few numbers for its shape
 */
export function checkNdArray(what: string, value: unknown, { specs = false } = {}): void {
  if (!(specs ? isSpec(value) : isNdArray(value))) {
    const advice = Array.isArray(value)
      ? "; wrap the list: array([...])"
      : "; make it with array()";
    const wanted = specs
      ? "be an array, or have a dtype, such as float32, and a shape"
      : "be an array";
    throw usageError(`${what} must ${wanted}, got ${describeGiven(value)}${advice}`);
  }
  const { shape, data } = value as NdArray;
  if (specs && data === undefined) return;
  const count = shape.reduce((product, dim) => product * dim, 1);
  if (data.length === count) return;
  throw usageError(
    `${what} has ${data.length} numbers, but its shape [${shape.join(", ")}] needs ${count}`,
  );
}

/**
 * Checks a tensor that a function returned.
 *
 * @param what the tensor, as the subject of a sentence, such as `the loss`
 * @throws UserError (exit code 2) if it is none, or of another trace
 */
export function checkTensor(what: string, value: unknown, graph: Graph): asserts value is Tensor {
  if (isTensor(value)) {
    if (value.graph === graph) return;
    throw usageError(
      `${what} is a tensor of another call; compute it from the tensors that this call was given`,
    );
  }
  const constant = isNdArray(value) || typeof value === "number";
  const advice = constant
    ? "; make it a tensor with constant(x.graph, value), where x is any tensor"
    : "";
  throw usageError(`${what} must be a tensor, got ${describeGiven(value)}${advice}`);
}

/** @throws UserError (exit code 2) if a value is no function */
export function checkFunction(what: string, value: unknown): void {
  if (typeof value === "function") return;
  throw usageError(`${what} must be a function, got ${describeGiven(value)}`);
}

/**
 * Checks that a function returned no promise.
 *
 * @throws UserError (exit code 2) if it did
 */
export function checkSynchronous(what: string, result: unknown): void {
  if (describeGiven(result) !== "a promise") return;
  (result as Promise<unknown>).catch(() => {}); // its failure is not the problem
  throw usageError(
    `${what} returned a promise; it only describes the computation, so remove async and await from it`,
  );
}
