/** Matrix products. ONNX: Gemm, MatMul; com.microsoft FusedMatMul if a batched operand is transposed. */
import { defineOp, type Tensor, type TensorSpec } from "../graph/graph.ts";
import {
  broadcastShapes,
  type Dim,
  formatShape,
  product,
  type Shape,
  sameDim,
} from "../graph/shape.ts";
import { requireSameDType } from "./elementwise.ts";
import { reduceSum } from "./reduce.ts";
import { reshape, unbroadcast } from "./reshape.ts";

export interface MatmulOptions {
  /** Transposes the last two axes of the first operand. */
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** Factor of the product. Default 1. */
  readonly scale?: number;
}

type MatmulAttributes = Required<MatmulOptions>;

/** Rows and columns of an operand after its transpose flag. */
function rowsAndColumns({ shape }: TensorSpec, transposed: boolean): [Dim, Dim] {
  const [rows, columns] = shape.slice(-2) as [Dim, Dim];
  return transposed ? [columns, rows] : [rows, columns];
}

const matmulOp = defineOp<MatmulAttributes>({
  name: "matmul",
  product: true,
  infer: ([a, b], { transposeA, transposeB }) => {
    if (a!.shape.length < 2 || b!.shape.length < 2) {
      throw new RangeError(
        `operands need two axes, got ${formatShape(a!.shape)} and ${formatShape(b!.shape)}`,
      );
    }
    const [m, k] = rowsAndColumns(a!, transposeA);
    const [k2, n] = rowsAndColumns(b!, transposeB);
    if (!sameDim(k, k2)) {
      throw new RangeError(
        `inner dimensions differ: ${formatShape(a!.shape)}${transposeA ? "ᵀ" : ""} times ${formatShape(b!.shape)}${transposeB ? "ᵀ" : ""}`,
      );
    }
    const outer = broadcastShapes(a!.shape.slice(0, -2), b!.shape.slice(0, -2));
    return [{ dtype: requireSameDType([a!, b!]), shape: [...outer, m, n] }];
  },
  emit: ({ emitter, inputs, outputs, attributes: { transposeA, transposeB, scale }, node }) => {
    const transposes = { transA: Number(transposeA), transB: Number(transposeB) };
    const alpha = { float: scale };
    if (node.inputs.every(({ shape }) => shape.length === 2)) {
      emitter.add("Gemm", inputs, { ...transposes, alpha }, { outputs });
    } else if (!transposeA && !transposeB && scale === 1) {
      emitter.add("MatMul", inputs, {}, { outputs });
    } else {
      emitter.add(
        "FusedMatMul",
        inputs,
        { ...transposes, alpha },
        { outputs, domain: "com.microsoft" },
      );
    }
  },
  gradient: ({
    inputs: [a, b],
    gradients: [dy],
    attributes: { transposeA: ta, transposeB: tb, scale },
  }) => {
    if (b!.shape.length === 2 && a!.shape.length > 2 && !ta) {
      const flat = (t: Tensor) => reshape(t, [product(t.shape.slice(0, -1)), t.shape.at(-1)!]);
      const db = tb
        ? matmul(flat(dy!), flat(a!), { transposeA: true, scale })
        : matmul(flat(a!), flat(dy!), { transposeA: true, scale });
      return [matmul(dy!, b!, { transposeB: !tb, scale }), db];
    }
    const da = ta
      ? matmul(b!, dy!, { transposeA: tb, transposeB: true, scale })
      : matmul(dy!, b!, { transposeB: !tb, scale });
    const db = tb
      ? matmul(dy!, a!, { transposeA: true, transposeB: ta, scale })
      : matmul(a!, dy!, { transposeA: !ta, scale });
    return [unbroadcast(da, a!.shape), unbroadcast(db, b!.shape)];
  },
});

/**
 * Matrix product over the last two axes, `scale * op(a) @ op(b)`; other axes broadcast.
 *
 * @param a `[..., M, K]` (`[..., K, M]` with `transposeA`)
 * @param b `[..., K, N]` (`[..., N, K]` with `transposeB`)
 * @returns `[..., M, N]`
 * @example
 * const [y] = await evaluate((a, b) => matmul(a, b), [array([[1, 2]]), array([[3], [4]])]); // [[11]]
 */
export function matmul(
  a: Tensor,
  b: Tensor,
  { transposeA = false, transposeB = false, scale = 1 }: MatmulOptions = {},
): Tensor {
  return matmulOp([a, b], { transposeA, transposeB, scale })[0]!;
}

const affineOp = defineOp<null>({
  name: "affine",
  product: true,
  infer: ([x, weight, bias]) => {
    const [rows, inFeatures] = rowsAndColumns(x!, false);
    const [outFeatures, expected] = rowsAndColumns(weight!, false);
    if (x!.shape.length !== 2 || weight!.shape.length !== 2 || !sameDim(inFeatures, expected)) {
      throw new RangeError(
        `cannot apply a weight ${formatShape(weight!.shape)} to ${formatShape(x!.shape)}`,
      );
    }
    if (bias!.shape.length !== 1 || !sameDim(bias!.shape[0]!, outFeatures)) {
      throw new RangeError(
        `a weight ${formatShape(weight!.shape)} needs a bias [${String(outFeatures)}], got ${formatShape(bias!.shape)}`,
      );
    }
    return [{ dtype: requireSameDType([x!, weight!, bias!]), shape: [rows, outFeatures] as Shape }];
  },
  emit: ({ emitter, inputs, outputs }) => {
    emitter.add("Gemm", inputs, { transB: 1 }, { outputs });
  },
  gradient: ({ inputs: [x, weight], gradients: [dy] }) => [
    matmul(dy!, weight!),
    matmul(dy!, x!, { transposeA: true }),
    reduceSum(dy!, 0),
  ],
});

/**
 * `x @ weightᵀ + bias`, PyTorch's linear map.
 *
 * @param x `[..., I]`
 * @param weight `[O, I]`
 * @param bias `[O]`
 * @returns `[..., O]`
 * @example
 * const [y] = await evaluate((x, w, b) => affine(x, w, b), [array([[1, 2]]), array([[3, 4]]), array([1])]); // [[12]]
 */
export function affine(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  if (bias === undefined) return matmul(x, weight, { transposeB: true });
  if (x.shape.length === 2) return affineOp([x, weight, bias], null)[0]!;
  const rows = reshape(x, [product(x.shape.slice(0, -1)), x.shape.at(-1)!]);
  return reshape(affineOp([rows, weight, bias], null)[0]!, [
    ...x.shape.slice(0, -1),
    weight.shape[0]!,
  ]);
}
