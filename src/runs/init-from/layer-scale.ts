/** Layer scales in timm's names (LayerScale, arXiv:2103.17239). */
import type { NdArray } from "../../graph/array.ts";
import { joinedArray } from "../../pretrained/steps/joins.ts";

const SCALE = /^(.*)\bls([12])\.gamma$/;

/**
 * Tensors whose layer scales `ls1.gamma` and `ls2.gamma` are multiplied into the rows of `attn.proj` and
 * `mlp.fc2`, which is exact; a scale without its matrix stays.
 */
export function foldLayerScales(tensors: ReadonlyMap<string, NdArray>): Map<string, NdArray> {
  const folded = new Map(tensors);
  for (const [name, factors] of tensors) {
    const [, at, branch] = SCALE.exec(name) ?? [];
    const layer =
      branch === undefined ? undefined : `${at}${branch === "1" ? "attn.proj" : "mlp.fc2"}`;
    const weight = layer === undefined ? undefined : tensors.get(`${layer}.weight`);
    if (weight === undefined || weight.shape[0] !== factors.shape[0]) continue;
    for (const part of [`${layer}.weight`, `${layer}.bias`]) {
      const rows = tensors.get(part);
      if (rows !== undefined) folded.set(part, joinedArray("scale_rows", [rows, factors]));
    }
    folded.delete(name);
  }
  return folded;
}
