/** What is wrong with the settings of a layer, by themselves and for the model around it. */
import { UserError, usageError } from "../graph/errors.ts";
import type { Tensor } from "../graph/graph.ts";
import type { Initializer } from "../nn/initializers.ts";
import { supports } from "./compatibility.ts";
import type { MoeSettings } from "./config.ts";
import type { LossSettings } from "./losses/config.ts";
import type { RouterSettings } from "./routers/config.ts";
import { requireGroups } from "./routers/loss-free-bias.ts";
import { requireSelectable } from "./routing.ts";
import { moeSizes } from "./sizes.ts";

/** What a layer's model offers. */
export interface MoeContext {
  /** `D` */
  readonly width: number;
  /** `S`, tokens per sequence; consecutive tokens belong together. */
  readonly numTokens?: number;
  /** Whether tokens must not depend on later ones of their sequence. Default false. */
  readonly causal?: boolean;
  /** Number of words, where word ids are given with the tokens. */
  readonly vocabularySize?: number;
  /** Names of the modalities in the order of their ids, where these are given. */
  readonly modalities?: readonly string[];
  /** Whether some tokens may be padding. Default false. */
  readonly padding?: boolean;
  /** First weights of the experts. Default: those of `linear`. */
  readonly expertInit?: Initializer;
  /** `D'`, width of the results. Default `D`. */
  readonly outputWidth?: number;
  /** Applied to what the experts give, `[T, D']`. */
  readonly finish?: (rows: Tensor) => Tensor;
}

/** A problem and the key that it is at. */
export interface MoeProblem {
  readonly message: string;
  readonly path: (string | number)[];
}

/** The first combination of settings that makes no sense in any model, or undefined. */
export function checkMoe(settings: MoeSettings): MoeProblem | undefined {
  const { router, dispatch, losses, routerPenalty } = settings;
  const pair = supports(router.name, dispatch.name);
  if (pair !== true) return { message: pair, path: ["dispatch"] };
  const size = sizeProblem(settings);
  if (size !== undefined) return { message: size, path: ["router"] };
  if (dispatch.name === "capacity") {
    const weightless = dispatch.normalize !== "none" && moeSizes(settings).numSelectedExperts === 1;
    if (weightless && settings.numExperts > 1) {
      return { message: unlearnable("dispatch.normalize none"), path: ["dispatch", "normalize"] };
    }
    if (dispatch.priority === "batch" && router.name === "hash") {
      return {
        message:
          "batch priority compares the gates of tokens, and those of the router hash are all equal; choose priority token",
        path: ["dispatch", "priority"],
      };
    }
  }
  const seen = new Set<string>();
  for (const [index, loss] of losses.entries()) {
    const message = lossProblem(settings, loss) ?? repeated(loss, seen);
    if (message !== undefined) return { message, path: ["losses", index] };
  }
  if ((routerPenalty.l1 > 0 || routerPenalty.l2 > 0) && router.name === "hash") {
    return {
      message: "the router hash has no weights to penalise; leave router_penalty out",
      path: ["router_penalty"],
    };
  }
  return undefined;
}

function sizeProblem(settings: MoeSettings): string | undefined {
  const { router, experts } = settings;
  const { numExperts, numSelectedExperts } = moeSizes(settings);
  const fixed = { switch: 1, base: 1, second_expert: 2 }[router.name as string];
  if (experts.granularity > 1 && fixed !== undefined) {
    return `granularity multiplies the selected experts, and the router ${router.name} always selects ${fixed}; choose softmax_top_k or granularity 1`;
  }
  const selectable = messageOf(() => requireSelectable(numSelectedExperts, numExperts));
  if (selectable !== undefined) return selectable;
  if (router.name === "loss_free_bias") {
    const { numGroups, numSelectedGroups = numGroups } = router;
    const groups = { numSelectedExperts, numGroups, numSelectedGroups };
    const message = messageOf(() => requireGroups(groups, numExperts));
    if (message !== undefined) return message;
  }
  if (numExperts > 1 && numSelectedExperts === 1 && normalizes(router)) {
    return unlearnable(
      "normalization" in router ? "router.normalization none" : "the router switch",
    );
  }
  if (router.name === "attentive" && router.form === "linear" && router.pool === "sample") {
    return "pool sample is of the attention form of the attentive router; choose form attention";
  }
  return undefined;
}

/** Whether the weights of the selected experts always sum to 1. */
function normalizes(router: RouterSettings): boolean {
  if (router.name === "noisy_top_k" || router.name === "attentive") return true;
  return "normalization" in router && router.normalization === "sum";
}

function unlearnable(remedy: string): string {
  return `with one selected expert its normalised weight is always 1 and the router learns nothing from the output; choose ${remedy}, or select more experts`;
}

function lossProblem(settings: MoeSettings, loss: LossSettings): string | undefined {
  const { router, dispatch } = settings;
  const known = supports(router.name, dispatch.name, loss.name);
  if (known !== true) return known;
  const { numExperts, numSelectedExperts } = moeSizes(settings);
  if (loss.name === "load" || loss.name === "load_excluding_self") {
    const silent =
      (router.name === "softmax_top_k" && (router.noise === "none" || router.noiseStd === 0)) ||
      (router.name === "cosine" && router.noiseStd === 0);
    if (silent) {
      const remedy = router.name === "cosine" ? "noise_std 1" : "noise gaussian";
      return `the loss ${loss.name} needs noise on the logits, and the router's is off; choose ${remedy}`;
    }
    if (numSelectedExperts === numExperts) {
      return `the loss ${loss.name} needs fewer selected experts than experts, got ${numExperts} of ${numExperts}; leave it out`;
    }
  }
  const needsSumOne = /entropy|^kl_/.test(loss.name);
  if (needsSumOne && router.name === "attentive" && router.gate === "sigmoid") {
    return `the loss ${loss.name} needs probabilities of sum 1, which the sigmoid gate does not give; choose gate softmax`;
  }
  return undefined;
}

function repeated(loss: LossSettings, seen: Set<string>): string | undefined {
  const name = lossLabel(loss);
  if (seen.has(name)) return `the loss ${name} is given twice; add up the weights`;
  seen.add(name);
  return undefined;
}

/** Name of a loss in logs: with its modality, if it has one. */
export function lossLabel({ name, modality }: LossSettings): string {
  return modality === undefined ? name : `${name}_${modality}`;
}

/** Throws where the settings do not fit the model around the layer. */
export function requireMoeContext(settings: MoeSettings, context: MoeContext): void {
  const message = contextProblem(settings, context);
  if (message !== undefined) throw usageError(message);
}

function contextProblem(settings: MoeSettings, context: MoeContext): string | undefined {
  const { router, dispatch, losses } = settings;
  const { causal = false, padding = false, numTokens, vocabularySize, modalities = [] } = context;
  if (causal) {
    const leak = leakOf(settings);
    if (leak !== undefined) return `${leak}, which a causal model must not see`;
  }
  if (padding && router.name === "base") {
    return "the router base needs batches without padding: every expert gets the same share of all tokens";
  }
  if (router.name === "hash" && router.key === "word" && vocabularySize === undefined) {
    return "the router hash needs the word ids of tokens, and this model has none; choose router.key position";
  }
  const groups = "group" in dispatch && dispatch.group === "sequence";
  const needsSequences =
    groups ||
    dispatch.name === "expert_choice" ||
    router.name === "soft" ||
    (router.name === "hash" && router.key === "position") ||
    (router.name === "attentive" && router.pool === "sample") ||
    losses.some(({ name }) => name === "sequence_balance");
  if (needsSequences && numTokens === undefined) {
    return `the settings of router ${router.name} and dispatcher ${dispatch.name} need sequences of a known length, and this model has none`;
  }
  for (const { name, modality } of losses) {
    if (modality !== undefined && !modalities.includes(modality)) {
      return `the loss ${name} counts tokens of the modality ${modality}, and this model has ${modalities.join(", ") || "one only"}`;
    }
  }
  return undefined;
}

/** What a token would see of later ones. */
function leakOf({ router, dispatch }: MoeSettings): string | undefined {
  if (router.name === "expert_choice") {
    return "with the router expert_choice it depends on later tokens whether an expert takes a token";
  }
  if (router.name === "soft")
    return "the slots of the router soft mix later tokens into earlier ones";
  if (router.name === "attentive" && router.pool === "sample") {
    return "pool sample chooses experts by all tokens of a sequence";
  }
  if (dispatch.name === "capacity" && dispatch.priority === "batch") {
    return "with batch priority it depends on later tokens whether a token is dropped";
  }
  return undefined;
}

function messageOf(check: () => void): string | undefined {
  try {
    check();
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  return undefined;
}
