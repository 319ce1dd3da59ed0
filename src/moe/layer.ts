import type { Tensor } from "../graph/graph.ts";
import { dropout } from "../nn/dropout.ts";
import type { Scope } from "../nn/scope.ts";
import { droplessDispatcher } from "./dispatch/dropless.ts";
import { type ExpertOptions, mlpExperts } from "./experts.ts";
import type { Routing } from "./routing.ts";

export interface MoeOptions {
  readonly router: (scope: Scope, x: Tensor) => Routing;
  readonly experts: ExpertOptions;
  /** Applied to what the experts receive, after the router has seen `x`; see `innerNorm`. */
  readonly prepare?: (x: Tensor) => Tensor;
  /** Adds auxiliary losses to the scope. */
  readonly losses?: (scope: Scope, routing: Routing) => void;
}

/**
 * A sparse mixture of experts: `y_n = sum over chosen e of w_ne f_e(x_n)`.
 *
 * Taps `ids` `[K, N]`, `combine_weights` `[K, N]`, `probabilities` `[N, E]` and `counts` `[E]`.
 *
 * @param x `[N, D]`
 * @returns `[N, D]`
 */
export function moe(scope: Scope, x: Tensor, options: MoeOptions): Tensor {
  const routing = options.router(scope.child("router"), x);
  const dispatcher = droplessDispatcher(routing);
  scope.tap("ids", routing.ids);
  scope.tap("combine_weights", routing.combineWeights);
  scope.tap("probabilities", routing.probabilities);
  scope.tap("counts", dispatcher.counts);
  options.losses?.(scope, routing);
  const inputs = dispatcher.dispatch(options.prepare?.(x) ?? x); // E x [n_e, D]
  const results = mlpExperts(scope.child("experts"), inputs, options.experts, dispatcher); // E x [n_e, D]
  const rate = options.experts.dropout ?? 0;
  return dispatcher.combine(results, (rows) => dropout(scope, rows, rate)); // [N, D]
}
