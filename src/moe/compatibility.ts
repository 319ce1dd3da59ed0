/** Compatibility of routers, dispatchers and losses: a loss needs quantities that the router provides. */
import { type DispatcherName, dispatchers } from "./dispatch/config.ts";
import { type Ingredient, ingredients } from "./losses/define.ts";
import { auxiliaryLosses } from "./losses/index.ts";
import type { RouterDefinition } from "./routers/define.ts";
import { routers } from "./routers/index.ts";
import type { RouterKind } from "./routing.ts";

const decides: Readonly<Record<RouterKind, string>> = {
  "token-choice": "chooses experts for each token",
  "expert-choice": "lets each expert choose its tokens",
  soft: "mixes tokens into slots",
  dense: "sends every token to every expert",
};

/** Maximum number of routers listed in a message. */
const MAX_LISTED = 4;

/** The default dispatcher of a router. */
export function defaultDispatcher(router: string): DispatcherName {
  return dispatchersOf(routers.get(router))[0]!;
}

function dispatchersOf({ kind }: RouterDefinition): DispatcherName[] {
  return dispatchers.flatMap((dispatcher) => (dispatcher.kind === kind ? [dispatcher.name] : []));
}

/**
 * Whether these are compatible: true, or a sentence with the reason. Some pairs also depend
 * on options; see `checkMoe`.
 *
 * @throws UserError (exit code 2) for an unknown router or loss
 * @example
 * supports("soft", "capacity") // "the router soft mixes tokens into slots, which ..."
 */
export function supports(router: string, dispatcher: DispatcherName, loss?: string): true | string {
  const definition = routers.get(router);
  const possible = dispatchersOf(definition);
  if (!possible.includes(dispatcher)) {
    return `the router ${router} ${decides[definition.kind]}, which the dispatcher ${dispatcher} does not support; choose ${possible.join(" or ")}`;
  }
  if (definition.even && dispatcher === "capacity") {
    return `the router ${router} already gives every expert the same number of tokens, so a capacity would only drop tokens in evaluation; choose dropless`;
  }
  return loss === undefined ? true : supportsLoss(definition, loss);
}

function supportsLoss(router: RouterDefinition, name: string): true | string {
  const { needs, instead } = auxiliaryLosses.get(name);
  const missing = needs.find((ingredient) => !router.gives.includes(ingredient));
  if (missing === undefined) return true;
  const wants = `the loss ${name} needs ${ingredients[missing]}`;
  if (router.even) {
    return `${wants}, but the router ${router.name} already gives every expert the same number of tokens`;
  }
  if (missing === "choices" && router.kind !== "token-choice") {
    return `${wants}, but the router ${router.name} ${decides[router.kind]}`;
  }
  const remedy = instead ?? routersWith(missing);
  return `${wants}, which the router ${router.name} does not provide${remedy && `; choose ${remedy}`}`;
}

/** The routers that provide an ingredient, or an empty text if there are many. */
function routersWith(ingredient: Ingredient): string | undefined {
  const all = routers.list().filter(({ gives }) => gives.includes(ingredient));
  return all.length > MAX_LISTED ? "" : all.map(({ name }) => name).join(" or ");
}
