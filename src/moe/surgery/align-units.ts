import { balancedAssignment } from "../routers/balanced-assignment.ts";
import { floats, unitAxis } from "./change.ts";
import { type ExpertLayer, expertTensor, type Tensors } from "./layout.ts";

/**
 * Matches the hidden units of two experts: finds the order of units that maximises the
 * sum of dot products between matched units. A unit is the vector of its incoming weights, bias and
 * outgoing weights (weight matching, Ainsworth et al., arXiv:2209.04836, section 3.2, for one hidden
 * layer).
 *
 * An expert's function does not depend on the order of its hidden units, but the mean of two experts
 * does. Time grows with `F^2 (D + F)`.
 *
 * @returns for each unit of `reference` the unit of `other`
 */
export function alignUnits(
  tensors: Tensors,
  layer: ExpertLayer,
  reference: number,
  other: number,
): number[] {
  const [ours, theirs] = [reference, other].map((e) => unitVectors(tensors, layer, e));
  const scores = new Float64Array(ours!.length * theirs!.length);
  for (const [i, a] of ours!.entries()) {
    for (const [j, b] of theirs!.entries()) {
      let sum = 0;
      for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!;
      scores[i * theirs!.length + j] = sum;
    }
  }
  return Array.from(balancedAssignment(scores, ours!.length, theirs!.length));
}

/** The weights of each hidden unit, `F` vectors. */
function unitVectors(tensors: Tensors, layer: ExpertLayer, expert: number): number[][] {
  const units: number[][] = [];
  for (const suffix of layer.expertTensors) {
    const axis = unitAxis(suffix);
    if (axis === undefined) continue;
    const tensor = tensors.get(expertTensor(layer.path, expert, suffix))!;
    const columns = tensor.shape[1] ?? 1;
    for (const [at, value] of floats(tensor, suffix).entries()) {
      const unit = axis === 0 ? Math.floor(at / columns) : at % columns;
      units[unit] ??= [];
      units[unit]!.push(value);
    }
  }
  return units;
}
