import type { Tensor } from "../graph/graph.ts";
import type { Scope } from "../nn/scope.ts";

/** A scope that also records the requested weights (parameters of two axes or more). */
export function recordWeights(scope: Scope): { readonly scope: Scope; readonly weights: Tensor[] } {
  const weights: Tensor[] = [];
  const recording = (at: Scope): Scope => ({
    ...at,
    child: (name, options) => recording(at.child(name, options)),
    parameter: (name, shape, init, options) => {
      const tensor = at.parameter(name, shape, init, options);
      if (shape.length > 1 && !weights.includes(tensor)) weights.push(tensor);
      return tensor;
    },
  });
  return { scope: recording(scope), weights };
}
