/** Converts routing of any kind to the choices of tokens, for taps, metrics and losses. */
import type { Tensor } from "../graph/graph.ts";
import { product } from "../graph/shape.ts";
import { greater, where } from "../ops/compare.ts";
import { scatterAdd, zerosLike } from "../ops/gather.ts";
import { reduceSum } from "../ops/reduce.ts";
import { reshape, transpose } from "../ops/reshape.ts";
import { topK } from "../ops/top-k.ts";
import type { AnyRouting, ExpertChoice, Routing, SoftRouting } from "./routing.ts";

/**
 * The experts of each token by weight, best first. Token choice is unchanged; for the others `K = E`, with
 * "no expert" if an expert did not select the token.
 *
 * For soft slots, the weight of an expert is the sum over its slots; `probabilities` are
 * these weights, and `logits` remain the logits of the slots.
 */
export function tokenView(routing: AnyRouting): Routing {
  if ("ids" in routing) return routing;
  const { logits } = routing;
  if ("tokenIds" in routing) {
    return byWeight(chosenGates(routing), routing.probabilities, logits);
  }
  const weights = "dispatchWeights" in routing ? slotWeights(routing) : routing.combineWeights;
  return byWeight(weights, weights, logits); // [N, E]
}

function byWeight(weights: Tensor, probabilities: Tensor, logits: Tensor): Routing {
  const numExperts = weights.shape[1] as number;
  const { values, indices } = topK(weights, numExperts); // [N, E]
  return {
    numExperts,
    numSelectedExperts: numExperts,
    ids: transpose(where(greater(values, 0), indices, numExperts)), // [E, N]
    mayDrop: true,
    combineWeights: transpose(values), // [E, N]
    probabilities,
    logits,
  };
}

/** Weights of the experts that selected each token, zero elsewhere, `[N, E]`. */
function chosenGates({ tokenIds, combineWeights, probabilities }: ExpertChoice): Tensor {
  const none = zerosLike(transpose(probabilities)); // [E, N]
  return transpose(scatterAdd(none, tokenIds, combineWeights, 1));
}

function slotWeights({ combineWeights, numExperts, numSlots }: SoftRouting): Tensor {
  const [numGroups, groupSize] = combineWeights.shape;
  const numTokens = product([numGroups!, groupSize!]);
  return reduceSum(reshape(combineWeights, [numTokens, numExperts, numSlots]), -1);
}
