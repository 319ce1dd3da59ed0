/** Checks of a layer's settings that do not depend on the model around it. */
import { UserError } from "../graph/errors.ts";
import { supports } from "./compatibility.ts";
import { ingredients } from "./losses/define.ts";
import { auxiliaryLosses, type LossSettings } from "./losses/index.ts";
import { routers } from "./routers/index.ts";
import { lonelyWeight } from "./routers/settings.ts";
import { type MoeSizes, requireSelectable } from "./routing.ts";
import type { MoeSettings } from "./settings.ts";
import { moeSizes } from "./sizes.ts";

/** A problem and the key that causes it. */
export interface MoeProblem {
  readonly message: string;
  readonly path: (string | number)[];
}

/** The first invalid combination of settings, or undefined. */
export function checkMoe(settings: MoeSettings): MoeProblem | undefined {
  const { router, dispatch, losses, routerPenalty } = settings;
  const pair = supports(router.name, dispatch.name);
  if (pair !== true) return { message: pair, path: ["dispatch"] };
  const sizes = moeSizes(settings);
  const own = routerProblem(settings, sizes);
  if (own !== undefined) return { message: own, path: ["router"] };
  const limit = limitProblem(settings, sizes);
  if (limit !== undefined) return limit;
  const seen = new Set<string>();
  for (const [index, loss] of losses.entries()) {
    const message = lossProblem(settings, loss, sizes) ?? repeated(loss, seen);
    if (message !== undefined) return { message, path: ["losses", index] };
  }
  const { tensors } = routers.get(router.name);
  const weightless = typeof tensors !== "function" && Object.keys(tensors).length === 0;
  if (weightless && (routerPenalty.l1 > 0 || routerPenalty.l2 > 0)) {
    return {
      message: `the router ${router.name} has no weights to penalise; drop router_penalty`,
      path: ["router_penalty"],
    };
  }
  return undefined;
}

function routerProblem({ router, experts }: MoeSettings, sizes: MoeSizes): string | undefined {
  const definition = routers.get(router.name);
  const selection = definition.selects(router);
  if (typeof selection === "object" && experts.granularity > 1) {
    return `granularity multiplies the selected experts, and the router ${router.name} always selects ${selection.always}; choose softmax_top_k or granularity 1`;
  }
  const { numExperts, numSelectedExperts } = sizes;
  const selectable = messageOf(() => requireSelectable(numSelectedExperts, numExperts));
  return selectable ?? definition.check?.(router, sizes);
}

/** The problem of a capacity with this router, or undefined. */
function limitProblem({ router, dispatch }: MoeSettings, sizes: MoeSizes): MoeProblem | undefined {
  if (dispatch.name !== "capacity") return undefined;
  const lonely = lonelyWeight(sizes, "dispatch.normalization none");
  if (dispatch.normalization !== "none" && lonely !== undefined) {
    return { message: lonely, path: ["dispatch", "normalization"] };
  }
  if (dispatch.priority === "batch" && !routers.get(router.name).gives.includes("probabilities")) {
    return {
      message: `batch priority compares the gates of tokens, but the gates of the router ${router.name} are all equal; choose priority token`,
      path: ["dispatch", "priority"],
    };
  }
  return undefined;
}

function lossProblem(
  { router, dispatch }: MoeSettings,
  loss: LossSettings,
  sizes: MoeSizes,
): string | undefined {
  const known = supports(router.name, dispatch.name, loss.name);
  if (known !== true) return known;
  const { needs, check } = auxiliaryLosses.get(loss.name);
  const lacks = routers.get(router.name).lacks?.(router) ?? {};
  for (const ingredient of needs) {
    const remedy = lacks[ingredient];
    if (remedy === undefined) continue;
    return `the loss ${loss.name} needs ${ingredients[ingredient]}, which the router ${router.name} does not provide with these settings; ${remedy}`;
  }
  return check?.(loss, sizes);
}

function repeated(loss: LossSettings, seen: Set<string>): string | undefined {
  const name = lossLabel(loss);
  if (seen.has(name)) return `the loss ${name} is given twice; add up the weights`;
  seen.add(name);
  return undefined;
}

/** Name of a loss in logs, including its modality if it has one. */
export function lossLabel({ name, modality }: LossSettings): string {
  return modality === undefined ? name : `${name}_${modality}`;
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
