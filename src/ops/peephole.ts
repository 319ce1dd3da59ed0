/** Rewrites of elementwise operators during tracing: fewer and smaller nodes. */
import type { NdArray } from "../graph/array.ts";
import type { Tensor } from "../graph/graph.ts";
import { isConstant } from "../graph/inputs.ts";
import { broadcastShapes, sameShape } from "../graph/shape.ts";
import { expandAs } from "./reshape.ts";

/** Operands for which a binary operator returns its other operand. */
export interface Identity {
  readonly left?: number;
  readonly right?: number;
}

/** The operand that an operator returns unchanged, if there is one: `x` of `x * 1`. */
export function foldIdentity(a: Tensor, b: Tensor, { left, right }: Identity): Tensor | undefined {
  if (a.dtype !== b.dtype) return undefined;
  if (right !== undefined && staysLike(a, b) && uniformValue(b) === right) return a;
  if (left !== undefined && staysLike(b, a) && uniformValue(a) === left) return b;
  return undefined;
}

/** Whether broadcasting `other` to `x` certainly gives the shape of `x`. */
function staysLike(x: Tensor, other: Tensor): boolean {
  if (sameShape(x.shape, other.shape)) return true;
  return other.shape.length <= x.shape.length && other.shape.every((dim) => dim === 1);
}

/** The value of a constant with one element, repeated or not. */
function uniformValue(x: Tensor): number | undefined {
  let source = x;
  while (source.node.op.name === "expand" || source.node.op.name === "reshape") {
    source = source.node.inputs[0]!;
  }
  if (!isConstant(source)) return undefined;
  const { value } = source.node.attributes as { readonly value: NdArray };
  return value.data.length === 1 ? Number(value.data[0]) : undefined;
}

/** The source of an expanded tensor, and a way to expand another tensor like it. */
export interface Expansion {
  readonly source: Tensor;
  again(other: Tensor): Tensor;
}

export function expandedFrom(x: Tensor): Expansion | undefined {
  if (x.node.op.name !== "expand") return undefined;
  const [source] = x.node.inputs;
  return { source: source!, again: (other) => expandAs(other, x) };
}

/**
 * Applies a binary operator to operands before their expansion, which broadcasting would repeat: the
 * gradient of a sum, an expanded row, then needs no memory of its own.
 */
export function withoutExpansion(
  apply: (a: Tensor, b: Tensor) => Tensor,
  a: Tensor,
  b: Tensor,
): Tensor {
  const [left, right] = [expandedFrom(a), expandedFrom(b)];
  if (left === undefined && right === undefined) return apply(a, b);
  const [x, y] = [left?.source ?? a, right?.source ?? b];
  const shape = compatibleShape(a, b);
  if (shape === undefined) return apply(a, b); // the operator's own check explains the error
  if (sameShape(broadcastShapes(x.shape, y.shape), shape)) return apply(x, y);
  if (left !== undefined && sameShape(a.shape, shape)) return left.again(apply(x, y));
  if (right !== undefined && sameShape(b.shape, shape)) return right.again(apply(x, y));
  return apply(a, b);
}

/** Operands before their expansion, if broadcasting them together gives the same shape. */
export function leanOperands(operands: readonly Tensor[]): readonly Tensor[] {
  const sources = operands.map((operand) => expandedFrom(operand)?.source ?? operand);
  if (sources.every((source, i) => source === operands[i])) return operands;
  const shape = compatibleShape(...operands);
  const same = shape && sameShape(broadcastShapes(...sources.map((x) => x.shape)), shape);
  return same ? sources : operands;
}

function compatibleShape(
  ...operands: readonly Tensor[]
): ReturnType<typeof broadcastShapes> | undefined {
  try {
    return broadcastShapes(...operands.map(({ shape }) => shape));
  } catch {
    return undefined;
  }
}
