/** Low-rank adapters of linear layers (LoRA, arXiv:2106.09685). */
import type { Tensor } from "../graph/graph.ts";
import { product } from "../graph/shape.ts";
import { matmul } from "../ops/matmul.ts";
import { reshape } from "../ops/reshape.ts";
import { torchLinear, zeros } from "./initializers.ts";
import type { Adapter, Scope } from "./scope.ts";

/** Scopes of the two matrices below a layer, as in PEFT. */
const [A, B] = ["lora_A", "lora_B"] as const;
const ADAPTER = new RegExp(`^(?:(.+)\\.)?(${A}|${B})\\.weight$`);

/** The names of a linear layer's weight and of the matrices of its adapter. */
export interface AdapterNames {
  readonly weight: string;
  readonly a: string;
  readonly b: string;
}

/** The layer that a parameter adapts; undefined if the parameter belongs to no adapter. */
export function adaptedLayer(parameter: string): AdapterNames | undefined {
  const match = ADAPTER.exec(parameter);
  if (match === null) return undefined;
  const at = (name: string) => (match[1] === undefined ? name : `${match[1]}.${name}`);
  return { weight: at("weight"), a: at(`${A}.weight`), b: at(`${B}.weight`) };
}

/**
 * `scale * (x @ Aᵀ) @ Bᵀ`, the part that an adapter adds to the output of a linear layer.
 *
 * The product `B A` `[O, I]` is never computed, neither in the forward nor in the backward pass. `A` starts
 * as PyTorch's linear layers do, as in PEFT, and `B` with zeros, so that the layer starts unchanged.
 * Parameters: `lora_A.weight` `[r, I]`, `lora_B.weight` `[O, r]`.
 *
 * @param x `[..., I]`
 * @returns `[..., O]`
 */
export function adapted(
  scope: Scope,
  x: Tensor,
  outFeatures: number,
  { rank, scale }: Adapter,
): Tensor {
  const axes = x.shape.slice(0, -1);
  const inFeatures = x.shape.at(-1) as number;
  const a = scope.child(A).parameter("weight", [rank, inFeatures], torchLinear);
  const b = scope.child(B).parameter("weight", [outFeatures, rank], zeros);
  const rows = axes.length === 1 ? x : reshape(x, [product(axes), inFeatures]); // [N, I]
  const narrow = matmul(rows, a, { transposeB: true, scale }); // [N, r]
  const y = matmul(narrow, b, { transposeB: true }); // [N, O]
  return axes.length === 1 ? y : reshape(y, [...axes, outFeatures]);
}
