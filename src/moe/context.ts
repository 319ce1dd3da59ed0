/** The properties of the model around a layer. */
import { usageError } from "../graph/errors.ts";
import type { Tensor } from "../graph/graph.ts";
import type { Initializer } from "../nn/initializers.ts";
import { auxiliaryLosses } from "./losses/index.ts";
import type { RouterRequirements } from "./routers/define.ts";
import { type RouterSettings, routers } from "./routers/index.ts";
import type { MoeSettings } from "./settings.ts";

/** Properties of the model around a layer. */
export interface MoeContext {
  /** `D` */
  readonly width: number;
  /** `S`, tokens per sequence; consecutive tokens form a sequence. */
  readonly numTokens?: number;
  /** Whether tokens must not depend on later tokens of their sequence. Default false. */
  readonly causal?: boolean;
  /** Whether the model also decodes token by token, without positions. Default false. */
  readonly stepwise?: boolean;
  /** Size of the vocabulary, if word ids are passed with the tokens. */
  readonly vocabularySize?: number;
  /** Names of the modalities in the order of their ids, if passed. */
  readonly modalities?: readonly string[];
  /** Whether some tokens may be padding. Default false. */
  readonly padding?: boolean;
  /** Initial weights of the experts. Default: the initial values of `linear`. */
  readonly expertInit?: Initializer;
  /** `D'`, width of the results. Default `D`. */
  readonly outputWidth?: number;
  /** Applied to the experts' results, `[T, D']`. */
  readonly finish?: (rows: Tensor) => Tensor;
}

/** Requirements of a router with these settings. */
export function routerRequirements(router: RouterSettings): RouterRequirements {
  return routers.get(router.name).requires?.(router) ?? {};
}

/**
 * Refuses settings that are incompatible with the model around the layer.
 *
 * @throws UserError (exit code 2) with the first reason
 */
export function requireMoeContext(settings: MoeSettings, context: MoeContext): void {
  const message = routerProblem(settings, context) ?? layerProblem(settings, context);
  if (message !== undefined) throw usageError(message);
}

function routerProblem(
  { router, dispatch }: MoeSettings,
  { causal = false, padding = false, stepwise = false, vocabularySize }: MoeContext,
): string | undefined {
  const { name } = router;
  const { leak, noPadding, words, positions } = routerRequirements(router);
  if (causal) {
    const seen = leak ?? limitLeak(dispatch);
    if (seen !== undefined) return `${seen}, which a causal model must not allow`;
  }
  if (stepwise && positions !== undefined) {
    return `a decoder reads tokens one by one, and the router ${name} has no positions then; ${positions}`;
  }
  if (padding && noPadding !== undefined) {
    return `the router ${name} needs batches without padding: ${noPadding}`;
  }
  if (words !== undefined && vocabularySize === undefined) {
    return `the router ${name} needs the word ids of tokens, which this model does not have; ${words}`;
  }
  return undefined;
}

/** How dropping a token depends on later tokens, or undefined. */
function limitLeak(dispatch: MoeSettings["dispatch"]): string | undefined {
  if (dispatch.name !== "capacity" || dispatch.priority !== "batch") return undefined;
  return "with batch priority, dropping a token depends on later tokens";
}

function layerProblem(settings: MoeSettings, context: MoeContext): string | undefined {
  const { router, dispatch, losses } = settings;
  const { numTokens, modalities = [] } = context;
  const needsSequences =
    ("group" in dispatch && dispatch.group === "sequence") ||
    dispatch.name === "expert_choice" ||
    routerRequirements(router).sequences === true ||
    losses.some(
      (loss) =>
        ("groups" in loss && loss.groups === "sequence") ||
        auxiliaryLosses.get(loss.name).sequences === true,
    );
  if (needsSequences && numTokens === undefined) {
    return `the settings of router ${router.name}, dispatcher ${dispatch.name} and the losses need sequences of a known length, which this model does not have`;
  }
  for (const { name, modality } of losses) {
    if (modality !== undefined && !modalities.includes(modality)) {
      return `the loss ${name} counts tokens of the modality ${modality}, but this model has ${modalities.join(", ") || "only one"}`;
    }
  }
  return undefined;
}
