import { defined } from "../graph/defined.ts";
import type { Tensor } from "../graph/graph.ts";
import { formatShape } from "../graph/shape.ts";
import { dropout } from "../nn/dropout.ts";
import { linear } from "../nn/linear.ts";
import type { Scope } from "../nn/scope.ts";
import { sigmoid } from "../ops/activation.ts";
import { add, mul } from "../ops/arithmetic.ts";
import { cast, less, where } from "../ops/compare.ts";
import { onesLike } from "../ops/gather.ts";
import { slice } from "../ops/join.ts";
import { reduceMax, reduceSum } from "../ops/reduce.ts";
import { squeeze, unsqueeze } from "../ops/reshape.ts";
import { denseDispatcher } from "./dispatch/dense.ts";
import { type Dispatcher, droplessDispatcher } from "./dispatch/dropless.ts";
import { expertChoiceDispatcher } from "./dispatch/expert-choice.ts";
import {
  type CapacityLimit,
  type LimitedRouting,
  limitCapacity,
} from "./dispatch/limit-capacity.ts";
import { maskTokens } from "./dispatch/mask.ts";
import { softDispatcher } from "./dispatch/soft.ts";
import { applyExperts, type ExpertOptions, feedForward } from "./experts.ts";
import { tokenMean } from "./losses/tokens.ts";
import type { AnyRouting, Routing } from "./routing.ts";
import { type RoutingValues, tapRouting } from "./routing-taps.ts";
import { tokenView } from "./token-view.ts";

export interface MoeOptions {
  readonly router: (scope: Scope, x: Tensor) => AnyRouting;
  readonly experts: ExpertOptions;
  /** Applied to the input of the experts, after the router has read `x`; see `innerNorm`. */
  readonly prepare?: (x: Tensor) => Tensor;
  /** Capacity of each expert for token choice; default unlimited. */
  readonly limit?: (routing: Routing) => CapacityLimit;
  /** Tokens that are not padding, `[N]` bool; padding is neither routed nor counted, its output is 0. */
  readonly mask?: Tensor | undefined;
  /** Tokens of each modality, `[N]` bool, for metrics. */
  readonly modalities?: Readonly<Record<string, Tensor>>;
  /**
   * Experts that process every token, added without a weight (DeepSeekMoE, arXiv:2401.06066, section
   * 3.2). Default 0.
   */
  readonly numSharedExperts?: number;
  /** Hidden width of a shared expert. Default: that of the experts. */
  readonly sharedHiddenWidth?: number;
  /**
   * Whether the shared experts' sum is multiplied by `sigmoid(w x)` (Qwen2-MoE), with parameter
   * `shared_gate.weight` `[1, D]`. Default false.
   */
  readonly sharedGate?: boolean;
  /** Applied to the experts' results, `[T, D']`, such as a softmax if experts are classifiers. */
  readonly finish?: (rows: Tensor) => Tensor;
  /** Adds auxiliary losses to the scope; `routing` is the routing before dropping, see `tokenView`. */
  readonly losses?: (scope: Scope, routing: Routing) => void;
}

/**
 * A sparse mixture of experts: `y_n = sum over chosen e of w_ne f_e(x_n)`, plus the shared experts'
 * results.
 *
 * The taps contain the routing after dropping, see `RoutingValues`. If experts choose, or if all are used,
 * `K = E` and choices are in the order of their weights.
 *
 * @param x `[N, D]`
 * @returns `[N, D']`, as wide as `x` unless `experts.outputWidth` is set
 * @throws RangeError without tokens
 */
export function moe(scope: Scope, x: Tensor, options: MoeOptions): Tensor {
  const { mask, modalities, experts, numSharedExperts = 0 } = options;
  if (x.shape[0] === 0) {
    throw new RangeError(`moe: x must have at least one token, got ${formatShape(x.shape)}`);
  }
  const routing = options.router(scope.child("router"), x);
  const placed = place(routing, options);
  const view = tokenView(placed);
  const asked = placed === routing ? view : tokenView(routing);
  const ownParts = partsOf(placed, view, mask);
  scope.child("dispatch"); // sets the place of the following operators in profiles and errors
  const dispatcher = createDispatcher(placed, mask);
  tapRouting(scope, {
    ids: view.ids,
    combineWeights: view.combineWeights,
    probabilities: view.probabilities,
    ...ownParts,
    counts: dispatcher.counts,
    attempted:
      "tokenIds" in placed ? onesLike(reduceMax(view.probabilities, -1)) : choicesPerToken(asked),
    ...defined({ mask, modalities }),
  });
  scope.child("losses");
  options.losses?.(scope, asked);

  const rows = options.prepare?.(x) ?? x; // [N, D]
  scope.child("dispatch");
  const inputs = dispatcher.dispatch(rows); // E x [n_e, D]
  const results = applyExperts(scope.child("experts"), inputs, experts, dispatcher); // E x [n_e, D]
  const rate = experts.dropout ?? 0;
  const { finish = (all) => all } = options;
  scope.child("combine");
  let y = dispatcher.combine(results, (all) => finish(dropout(scope, all, rate))); // [N, D']
  for (const shared of sharedResults(scope, x, options)) y = add(y, shared);
  const leaks = numSharedExperts > 0 || "dispatchWeights" in placed;
  return mask !== undefined && leaks ? where(unsqueeze(mask, 1), y, 0) : y;
}

/** Results of the shared experts, in the order in which they are added. */
function sharedResults(
  scope: Scope,
  x: Tensor,
  { experts, numSharedExperts = 0, sharedHiddenWidth, sharedGate = false }: MoeOptions,
): Tensor[] {
  const form = { ...experts, ...defined({ hiddenWidth: sharedHiddenWidth }) };
  const results = Array.from({ length: numSharedExperts }, (_, e) =>
    feedForward(scope.child("shared_experts").child(e), x, form),
  );
  if (!sharedGate || numSharedExperts === 0) return results;
  const gate = sigmoid(linear(scope.child("shared_gate"), x, 1, { bias: false })); // [N, 1]
  return [
    mul(
      results.reduce((sum, result) => add(sum, result)),
      gate,
    ),
  ];
}

/** The routing after applying limit and mask to a token choice; other kinds apply them already. */
function place(routing: AnyRouting, { limit, mask }: MoeOptions): AnyRouting | LimitedRouting {
  if (!("ids" in routing)) return routing;
  if (limit !== undefined) {
    return limitCapacity(routing, { ...limit(routing), ...(mask && { mask }) });
  }
  return mask === undefined ? routing : maskTokens(routing, mask);
}

/** Options that only one kind of routing has. */
function partsOf(
  placed: AnyRouting | LimitedRouting,
  view: Routing,
  mask: Tensor | undefined,
): Partial<RoutingValues<Tensor>> {
  if ("dispatchWeights" in placed) return { dispatchWeights: placed.dispatchWeights };
  if ("tokenIds" in placed) return { successRate: chosenFraction(view, mask) };
  if (!("positions" in placed)) return {};
  return { positions: placed.positions, successRate: placed.successRate };
}

function createDispatcher(routing: AnyRouting, mask: Tensor | undefined): Dispatcher {
  if ("ids" in routing) return droplessDispatcher(routing);
  if ("tokenIds" in routing) return expertChoiceDispatcher(routing, { mask });
  if ("dispatchWeights" in routing) return softDispatcher(routing);
  return denseDispatcher(routing, { mask });
}

/** Number of experts per token, `[N]` float32. */
function choicesPerToken({ ids, numExperts }: Routing): Tensor {
  return reduceSum(cast(less(ids, numExperts), "float32"), 0);
}

/** Fraction (0-1) of the tokens with an expert, scalar. */
function chosenFraction({ ids, numExperts }: Routing, mask: Tensor | undefined): Tensor {
  const best = squeeze(slice(ids, 0, 0, 1), 0); // [N]
  return tokenMean(cast(less(best, numExperts), "float32"), mask);
}
