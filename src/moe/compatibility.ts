/** Which router, dispatcher and loss go together, and why the others do not. */
import type { DispatcherName } from "./dispatch/config.ts";
import type { AuxiliaryLossName } from "./losses/config.ts";
import type { RouterName } from "./routers/config.ts";
import { type RouterKind, routers } from "./routers/index.ts";

const dispatchers: Readonly<Record<RouterKind, readonly DispatcherName[]>> = {
  "token-choice": ["dropless", "capacity"],
  "expert-choice": ["expert_choice"],
  soft: ["soft"],
  dense: ["dense"],
};

const decides: Readonly<Record<RouterKind, string>> = {
  "token-choice": "chooses experts for each token",
  "expert-choice": "lets each expert choose its tokens",
  soft: "mixes tokens into slots",
  dense: "sends every token to every expert",
};

/** What a loss is made of. */
const ingredients: Readonly<
  Record<AuxiliaryLossName, "choices" | "noise" | "probabilities" | "top-p">
> = {
  importance: "probabilities",
  load: "noise",
  load_excluding_self: "noise",
  balance: "choices",
  hugging_face_balance: "choices",
  sequence_balance: "choices",
  z: "probabilities",
  local_entropy: "probabilities",
  global_entropy: "probabilities",
  top_p_entropy: "top-p",
  kl_to_uniform: "probabilities",
  kl_from_uniform: "probabilities",
  mean_square_balance: "probabilities",
};

const noisy: readonly RouterName[] = ["noisy_top_k", "softmax_top_k", "cosine"];

/** The dispatcher that a router has where none is named. */
export function defaultDispatcher(router: RouterName): DispatcherName {
  return dispatchers[routers[router].kind][0]!;
}

/**
 * Whether these go together: true, or a sentence that says why not. Some pairs depend on options
 * besides; see `checkMoe`.
 *
 * @example
 * supports("soft", "capacity") // "the router soft mixes tokens into slots, which ..."
 */
export function supports(
  router: RouterName,
  dispatcher: DispatcherName,
  loss?: AuxiliaryLossName,
): true | string {
  const { kind } = routers[router];
  const possible = dispatchers[kind];
  if (!possible.includes(dispatcher)) {
    return `the router ${router} ${decides[kind]}, which the dispatcher ${dispatcher} cannot carry out; choose ${possible.join(" or ")}`;
  }
  if (router === "base" && dispatcher === "capacity") {
    return "the router base already gives every expert equally many tokens, so a capacity would only drop some in evaluation; choose dropless";
  }
  return loss === undefined ? true : supportsLoss(router, loss);
}

function supportsLoss(router: RouterName, loss: AuxiliaryLossName): true | string {
  const { kind } = routers[router];
  if (router === "hash") return `the router hash has nothing that the loss ${loss} could train`;
  if (kind === "soft") {
    return `the router soft gives every expert the same number of slots, so that the loss ${loss} has nothing to balance`;
  }
  const needed = ingredients[loss];
  if (needed === "top-p" && router !== "top_p") {
    return `the loss ${loss} keeps the router top_p from choosing ever more experts, and ${router} has a fixed number; choose local_entropy`;
  }
  if (needed === "noise" && !noisy.includes(router)) {
    return `the loss ${loss} needs noise on the logits, which the router ${router} does not have; choose ${noisy.join(" or ")}`;
  }
  if (needed === "choices" && kind !== "token-choice") {
    return `the loss ${loss} balances choices of tokens, and the router ${router} ${decides[kind]}`;
  }
  if (needed === "choices" && router === "base") {
    return `the router base gives every expert equally many tokens, so that the loss ${loss} has nothing to balance`;
  }
  return true;
}
