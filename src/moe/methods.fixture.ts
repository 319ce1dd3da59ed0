/** Every routing method, dispatcher and loss, for tests of common properties. */
import { fromSnakeCase } from "../config/case.ts";
import { array } from "../graph/array.ts";
import type { Tensor } from "../graph/graph.ts";
import { constant } from "../graph/inputs.ts";
import type { Scope } from "../nn/scope.ts";
import { denseDispatcher } from "./dispatch/dense.ts";
import { type Dispatcher, droplessDispatcher } from "./dispatch/dropless.ts";
import { limitCapacity } from "./dispatch/limit-capacity.ts";
import { maskTokens } from "./dispatch/mask.ts";
import type { Ingredient } from "./losses/define.ts";
import { sparseGates } from "./losses/importance.ts";
import { baseRouter } from "./routers/base.ts";
import type { RouterDefinition, RouterForm } from "./routers/define.ts";
import { routers } from "./routers/index.ts";
import { lossFreeBiasRouter } from "./routers/loss-free-bias.ts";
import type { AnyRouting, Routing } from "./routing.ts";

export interface Sizes {
  readonly E: number;
  readonly K: number;
  /** Unmasked tokens, `[N]` bool, for routers in which tokens affect each other. */
  readonly mask?: Tensor | undefined;
}

/** A form of a router: settings that its definition lists for tests. */
export interface Form<Any extends AnyRouting = AnyRouting> {
  readonly name: string;
  readonly router: RouterDefinition;
  readonly settings: { readonly name: string };
  /** Ingredients of losses that these settings provide. */
  readonly gives: readonly Ingredient[];
  /** Sum of a token's weights before dropping; by default at most 1. */
  readonly total?: number;
  /** The minimum number of experts to choose from. */
  readonly leastExperts: number;
  /** Whether the experts of a token depend only on the token, not on its position or other tokens. */
  readonly byToken: boolean;
  /** Routes to `E` experts and, if configurable, selects `K`; two sequences of tokens. */
  route(scope: Scope, x: Tensor, sizes: Sizes): Any;
}

/** A form of token choice. */
export type Method = Form<Routing>;

const VOCABULARY = 7;

function formOf(router: RouterDefinition, form: RouterForm<object>): Form {
  const settings = fromSnakeCase(router.schema.parse({ name: router.name, ...form.settings }));
  const selection = router.selects(settings);
  const always = typeof selection === "object" ? selection.always : undefined;
  const { sequences = false, positions } = router.requires?.(settings) ?? {};
  const lacks = router.lacks?.(settings) ?? {};
  const hasTensors = typeof router.tensors === "function" || Object.keys(router.tensors).length > 0;
  return {
    name: [router.name, ...(form.title ? [form.title] : [])].join(", "),
    router,
    settings,
    gives: router.gives.filter((ingredient) => lacks[ingredient] === undefined),
    ...(form.weightSum !== undefined && { total: form.weightSum }),
    leastExperts: always ?? 1,
    byToken: hasTensors && !sequences && positions === undefined,
    route: (scope, x, { E, K, mask }) => {
      const numTokens = x.shape[0] as number;
      const words = array(
        Array.from({ length: numTokens }, (_, n) => (n * n) % VOCABULARY),
        "int64",
      );
      return router.route(scope, x, settings, {
        numExperts: E,
        numSelectedExperts: always ?? K,
        numTokens: Math.max(1, Math.floor(numTokens / 2)),
        vocabularySize: VOCABULARY,
        ids: constant(x.graph, words),
        mask,
        capacity: Math.max(1, Math.floor(numTokens / 4)),
        groupSize: Math.max(1, Math.floor(numTokens / 2)),
      });
    },
  };
}

/** The forms of all routers of a kind; BASE's assignment needs equal numbers of tokens, see `methods`. */
export function formsOf(kind: RouterDefinition["kind"]): Form[] {
  return routers.list().flatMap((router) => {
    const { picture, forms = [{ settings: picture.settings }] } = router.examples;
    return router.kind === kind ? forms.map((form) => formOf(router, form)) : [];
  });
}

/** Forms of functions that no settings describe. */
const special: readonly Method[] = [
  {
    ...formOf(routers.get("base"), { title: "assigned", settings: {} }),
    byToken: false,
    route: (scope, x, { E }) => {
      const experts = Array.from({ length: x.shape[0] as number }, (_, n) => (n * n) % E);
      const assigned = constant(x.graph, array(experts, "int64"));
      return baseRouter(scope, x, { numExperts: E, assigned });
    },
  },
  {
    ...formOf(routers.get("loss_free_bias"), { title: "groups if they hold K", settings: {} }),
    total: 1,
    route: (scope, x, { E, K }) => {
      const grouped = E % 2 === 0 && E >= 2 * Math.max(2, K);
      const groups = grouped ? { numGroups: 2, numSelectedGroups: 1 } : {};
      return lossFreeBiasRouter(scope, x, { numExperts: E, numSelectedExperts: K, ...groups });
    },
  },
];

/** Token-choice methods. */
export const methods: readonly Method[] = [
  ...(formsOf("token-choice") as Method[]).filter(({ router }) => !router.even),
  ...special,
];

/** The methods that support this number of experts. */
export function methodsFor(numExperts: number): Method[] {
  return methods.filter(({ leastExperts }) => leastExperts <= numExperts);
}

/** Transformations between a token-choice routing and its experts. */
export interface Placement {
  readonly name: string;
  /** Whether it removes masked tokens. */
  readonly padded?: boolean;
  /** The executed routing. */
  place(routing: Routing, sizes: { readonly C: number; readonly mask: Tensor }): Routing;
  readonly dispatcher: (routing: Routing) => Dispatcher;
}

export const placements: readonly Placement[] = [
  { name: "dropless", place: (routing) => routing, dispatcher: droplessDispatcher },
  {
    name: "dropless with padding",
    padded: true,
    place: (routing, { mask }) => maskTokens(routing, mask),
    dispatcher: droplessDispatcher,
  },
  {
    name: "dense",
    place: (routing) => routing,
    dispatcher: ({ numExperts, ids, combineWeights, logits }) =>
      denseDispatcher({ numExperts, combineWeights: sparseGates(ids, combineWeights, numExperts), logits }), // biome-ignore format: one expression
  },
  {
    name: "capacity",
    place: (routing, { C }) => limitCapacity(routing, { capacity: C }),
    dispatcher: droplessDispatcher,
  },
  {
    name: "capacity with batch priority, normalised after",
    place: (routing, { C }) =>
      limitCapacity(routing, { capacity: C, priority: "batch", normalization: "after" }),
    dispatcher: droplessDispatcher,
  },
  {
    name: "capacity with padding, two groups, token-major, normalised before",
    padded: true,
    place: (routing, { C, mask }) =>
      limitCapacity(routing, {
        capacity: C,
        mask,
        numGroups: 2,
        order: "token-major",
        normalization: "before",
      }),
    dispatcher: droplessDispatcher,
  },
];
