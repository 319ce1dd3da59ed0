import { defined } from "../../graph/defined.ts";
import type { Tensor } from "../../graph/graph.ts";
import { divideDim } from "../../graph/shape.ts";
import { type Initializer, normalOf } from "../../nn/initializers.ts";
import type { Scope } from "../../nn/scope.ts";
import { reshape } from "../../ops/reshape.ts";
import { activations } from "../activations.ts";
import type { AnyRouting } from "../routing.ts";
import { attentiveRouter } from "./attentive.ts";
import { baseRouter } from "./base.ts";
import type { RouterSettings } from "./config.ts";
import { cosineRouter } from "./cosine.ts";
import { denseRouter } from "./dense.ts";
import { expertChoiceRouter } from "./expert-choice.ts";
import { hashRouting, hashTable, tokenPositions } from "./hash.ts";
import { lossFreeBiasRouter } from "./loss-free-bias.ts";
import { noisyTopKRouter } from "./noisy-top-k.ts";
import { secondExpertRouter } from "./second-expert.ts";
import { softRouter } from "./soft.ts";
import { softmaxTopKRouter } from "./softmax-top-k.ts";
import { switchRouter } from "./switch.ts";
import { topPRouter } from "./top-p.ts";
import { yuanRouter } from "./yuan.ts";

export interface RouterInputs {
  readonly numExperts: number;
  /** `K`, where the router has a choice. */
  readonly numSelectedExperts: number;
  /** `S`, tokens per sequence. */
  readonly numTokens?: number | undefined;
  /** `[N]` bool; default all. */
  readonly mask?: Tensor | undefined;
  /** Ids of words, `[N]` int64. */
  readonly ids?: Tensor | undefined;
  readonly vocabularySize?: number | undefined;
  /** Of expert choice. */
  readonly capacity?: number | undefined;
  readonly groupSize?: number | undefined;
}

/**
 * The routing of tokens that settings describe.
 *
 * @param x `[N, D]`
 */
export function configuredRouter(
  scope: Scope,
  x: Tensor,
  settings: RouterSettings,
  inputs: RouterInputs,
): AnyRouting {
  const { numExperts, numSelectedExperts, numTokens, mask } = inputs;
  const options = { ...weights(settings), numExperts, numSelectedExperts };
  switch (settings.name) {
    case "dense": {
      const activation = activations[settings.activation];
      return denseRouter(scope, x, { ...settings, ...options, activation });
    }
    case "switch":
      return switchRouter(scope, x, { ...settings, ...options });
    case "noisy_top_k":
      return noisyTopKRouter(scope, x, { ...settings, ...options });
    case "softmax_top_k":
      return softmaxTopKRouter(scope, x, { ...settings, ...options });
    case "expert_choice":
      return expertChoiceRouter(scope, x, {
        ...settings,
        ...options,
        capacity: inputs.capacity!,
        ...defined({ groupSize: inputs.groupSize, mask }),
      });
    case "soft": {
      const shape = [divideDim(x.shape[0]!, numTokens!), numTokens!]; // G, S
      const tokens = reshape(x, [...shape, x.shape[1]!]); // [G, S, D]
      const grouped = mask === undefined ? {} : { mask: reshape(mask, shape) };
      return softRouter(scope, tokens, { ...settings, numExperts, ...grouped });
    }
    case "hash": {
      const words = settings.key === "word";
      const keys = words ? required(inputs.ids, "word ids") : tokenPositions(x, numTokens!);
      const numKeys = words ? inputs.vocabularySize! : numTokens!;
      const table = hashTable(numKeys, { ...settings, numExperts, numSelectedExperts });
      return hashRouting(keys, table, numExperts);
    }
    case "base":
      return baseRouter(scope, x, { numExperts });
    case "cosine":
      return cosineRouter(scope, x, { ...defined(settings), ...options });
    case "attentive":
      return attentiveRouter(scope, x, {
        ...settings,
        ...options,
        ...defined({ numTokens, mask }),
      });
    case "yuan":
      return yuanRouter(scope, x, { ...settings, ...options });
    case "loss_free_bias":
      return lossFreeBiasRouter(scope, x, {
        ...defined(settings),
        ...options,
        ...defined({ mask }),
      });
    case "top_p":
      return topPRouter(scope, x, {
        ...settings,
        ...options,
        maxSelectedExperts: numSelectedExperts,
      });
    case "second_expert":
      return secondExpertRouter(scope, x, { ...defined(settings), ...options });
  }
}

/** The initializer that `init_std` asks for. */
function weights(settings: RouterSettings): { readonly weightInit?: Initializer } {
  const std = "initStd" in settings ? settings.initStd : undefined;
  return std === undefined ? {} : { weightInit: normalOf(std) };
}

function required(tensor: Tensor | undefined, what: string): Tensor {
  if (tensor === undefined) throw new RangeError(`the router needs ${what}, which were not given`);
  return tensor;
}
