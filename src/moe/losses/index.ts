/** Auxiliary losses of routing, each also by name for recipes. */
import { usageError } from "../../graph/errors.ts";
import type { Tensor } from "../../graph/graph.ts";
import type { Routing } from "../routing.ts";
import { type BalancedChoices, balanceLoss, huggingFaceBalanceLoss } from "./balance.ts";
import type { AuxiliaryLossName } from "./config.ts";
import { meanSquareBalanceLoss } from "./diff-moe.ts";
import { globalEntropyLoss, localEntropyLoss } from "./entropy.ts";
import { importanceLoss, sparseGates } from "./importance.ts";
import { uniformKlLoss, uniformToRoutingKlLoss } from "./kl.ts";
import { type NoisyLogits, shazeerLoadLoss, vmoeLoadLoss } from "./load.ts";
import { sequenceBalanceLoss } from "./sequence-balance.ts";
import type { TokenMask } from "./tokens.ts";
import type { VariationOptions } from "./variation.ts";
import { zLoss } from "./z-loss.ts";

/** Options of all losses; each reads its own. */
export interface AuxiliaryLossOptions extends TokenMask, VariationOptions {
  /** `importance`: clean probabilities (V-MoE, LIMoE; default) or sparse gates (Shazeer). */
  readonly importanceOf?: "probabilities" | "gates";
  /** `balance`: default `first`. */
  readonly choices?: BalancedChoices;
  /** `z`: default `mean`. */
  readonly reduction?: "mean" | "sum";
  /** `global_entropy`: in nats. */
  readonly threshold?: number;
  /** `sequence_balance`: tokens per sequence. */
  readonly numTokens?: number;
}

export interface AuxiliaryLoss {
  readonly description: string;
  /** Where it comes from. */
  readonly paper: string;
  /** Only noisy logits have a load: such a loss is absent in evaluation. */
  readonly needsNoise?: boolean;
  /** A scalar; `ids` are those before anything is dropped. */
  readonly compute: (routing: Routing, options?: AuxiliaryLossOptions) => Tensor;
}

export const auxiliaryLosses: Readonly<Record<AuxiliaryLossName, AuxiliaryLoss>> = {
  importance: {
    description: "squared coefficient of variation of the experts' summed gates",
    paper: "Shazeer et al. 2017, arXiv:1701.06538, eq. 6-7; V-MoE, arXiv:2106.05974, app. A.2",
    compute: (routing, options = {}) =>
      importanceLoss(
        options.importanceOf === "gates"
          ? sparseGates(routing.ids, routing.combineWeights, routing.numExperts)
          : routing.probabilities,
        options,
      ),
  },
  load: {
    description: "squared coefficient of variation of the experts' chances to be chosen",
    paper: "V-MoE, arXiv:2106.05974, app. A.2",
    needsNoise: true,
    compute: (routing, options) => vmoeLoadLoss(noisyLogitsOf(routing, "load"), options),
  },
  load_excluding_self: {
    description: "as load, with the threshold among the other experts",
    paper: "Shazeer et al. 2017, arXiv:1701.06538, eq. 8-11",
    needsNoise: true,
    compute: (routing, options) =>
      shazeerLoadLoss(noisyLogitsOf(routing, "load_excluding_self"), options),
  },
  balance: {
    description: "share of choices times mean probability, 1 when balanced",
    paper: "GShard, arXiv:2006.16668, alg. 1; Switch, arXiv:2101.03961, eq. 4-6",
    compute: ({ probabilities, ids }, options) => balanceLoss(probabilities, ids, options),
  },
  hugging_face_balance: {
    description: "balance with all K choices added, K when balanced",
    paper: "Hugging Face Transformers, load_balancing_loss_func (Mixtral)",
    compute: ({ probabilities, ids }, { mask } = {}) =>
      huggingFaceBalanceLoss(probabilities, ids, mask === undefined ? {} : { mask }),
  },
  sequence_balance: {
    description: "balance within each sequence, 1 when balanced; needs num_tokens",
    paper: "DeepSeek-V3, arXiv:2412.19437, eq. 17-20",
    compute: ({ probabilities, ids }, { numTokens, ...options } = {}) => {
      if (numTokens === undefined) {
        throw usageError(
          "the loss sequence_balance needs num_tokens, the number of tokens per sequence",
        );
      }
      return sequenceBalanceLoss(probabilities, ids, { ...options, numTokens });
    },
  },
  z: {
    description: "mean squared logarithm of the logits' sum of exponentials",
    paper: "ST-MoE, arXiv:2202.08906, eq. 5",
    compute: ({ logits }, options) => zLoss(logits, options),
  },
  local_entropy: {
    description: "mean entropy of each token's routing, for certain choices",
    paper: "LIMoE, arXiv:2206.02770, local entropy",
    compute: ({ probabilities }, options) => localEntropyLoss(probabilities, options),
  },
  global_entropy: {
    description: "negative entropy of the mean routing, or its distance below a threshold",
    paper: "LIMoE, arXiv:2206.02770, global entropy",
    compute: ({ probabilities }, options) => globalEntropyLoss(probabilities, options),
  },
  top_p_entropy: {
    description: "mean entropy of each token's routing, for few experts under top-p",
    paper: "Huang et al. 2024, arXiv:2403.07652, dynamic loss",
    compute: ({ probabilities }, options) => localEntropyLoss(probabilities, options),
  },
  kl_to_uniform: {
    description: "divergence of the mean routing from the uniform one, KL(m || U)",
    paper: "Diff-MoE, github.com/yaolidong/diff-MoE, commit 4d2c44e",
    compute: ({ probabilities }, options) => uniformKlLoss(probabilities, options),
  },
  kl_from_uniform: {
    description: "divergence of the uniform routing from the mean one, KL(U || m)",
    paper: "SF-MoE, github.com/Luodian/Generalizable-Mixture-of-Experts; Diff-MoE, commit 936f394",
    compute: ({ probabilities }, options) => uniformToRoutingKlLoss(probabilities, options),
  },
  mean_square_balance: {
    description: "sum of squares of the mean routing, 1/E when balanced",
    paper: "Diff-MoE, github.com/yaolidong/diff-MoE, commit 4d2c44e",
    compute: ({ probabilities }, options) => meanSquareBalanceLoss(probabilities, options),
  },
};

/**
 * The loss of that name for a routing, or undefined where it needs noise and the routing has none,
 * as in evaluation.
 */
export function auxiliaryLoss(
  name: AuxiliaryLossName,
  routing: Routing,
  options: AuxiliaryLossOptions = {},
): Tensor | undefined {
  const { needsNoise = false, compute } = auxiliaryLosses[name];
  return needsNoise && routing.noisyLogits === undefined ? undefined : compute(routing, options);
}

function noisyLogitsOf(routing: Routing, name: string): NoisyLogits {
  const { logits, noisyLogits, noiseStd, numSelectedExperts } = routing;
  if (noisyLogits === undefined || noiseStd === undefined || noiseStd === 0) {
    throw usageError(
      `the loss ${name} needs a router with noise on its logits; choose a noisy router or leave the loss out`,
    );
  }
  return { logits, noisyLogits, noiseStd, numSelectedExperts };
}
