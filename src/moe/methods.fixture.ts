/** Every routing method, dispatcher and loss, for tests of what holds for all of them. */
import { array } from "../graph/array.ts";
import type { Tensor } from "../graph/graph.ts";
import { constant } from "../graph/inputs.ts";
import type { Scope } from "../nn/scope.ts";
import { denseDispatcher } from "./dispatch/dense.ts";
import { type Dispatcher, droplessDispatcher } from "./dispatch/dropless.ts";
import { limitCapacity } from "./dispatch/limit-capacity.ts";
import { maskTokens } from "./dispatch/mask.ts";
import { sparseGates } from "./losses/importance.ts";
import { attentiveRouter } from "./routers/attentive.ts";
import { baseRouter } from "./routers/base.ts";
import { cosineRouter } from "./routers/cosine.ts";
import { hashRouting, hashTable, tokenPositions } from "./routers/hash.ts";
import type { routers } from "./routers/index.ts";
import { lossFreeBiasRouter } from "./routers/loss-free-bias.ts";
import { noisyTopKRouter } from "./routers/noisy-top-k.ts";
import { secondExpertRouter } from "./routers/second-expert.ts";
import { softmaxTopKRouter } from "./routers/softmax-top-k.ts";
import { switchRouter } from "./routers/switch.ts";
import { topPRouter } from "./routers/top-p.ts";
import { yuanRouter } from "./routers/yuan.ts";
import type { Routing } from "./routing.ts";

export interface Sizes {
  readonly E: number;
  readonly K: number;
  /** Tokens that count, `[N]` bool, for routers in which tokens see each other. */
  readonly mask?: Tensor | undefined;
}

export interface Method {
  readonly name: string;
  readonly router: keyof typeof routers;
  /** Whether training adds noise that the routing tells of. */
  readonly noisy?: boolean;
  /** What a token's weights sum to before anything is dropped; without it, 1 at most. */
  readonly total?: number;
  /** Routing to `E` experts and, where the method leaves it open, `K` of them. */
  route(scope: Scope, x: Tensor, sizes: Sizes): Routing;
}

const topK = ({ E, K }: Sizes) => ({ numExperts: E, numSelectedExperts: K });

const attentiveForms = [
  { name: "attentive, linear", noisy: true },
  { name: "attentive, sigmoid", gate: "sigmoid" },
  { name: "attentive, attention", form: "attention" },
] as const;

/** Token choice. */
export const methods: readonly Method[] = [
  {
    name: "Switch with jitter",
    router: "switch",
    route: (scope, x, { E }) => switchRouter(scope, x, { numExperts: E, jitter: 0.1 }),
  },
  {
    name: "noisy top-k",
    router: "noisy_top_k",
    noisy: true,
    total: 1,
    route: (scope, x, sizes) => noisyTopKRouter(scope, x, topK(sizes)),
  },
  {
    name: "softmax top-k",
    router: "softmax_top_k",
    total: 1,
    route: (scope, x, sizes) => softmaxTopKRouter(scope, x, topK(sizes)),
  },
  {
    name: "V-MoE",
    router: "softmax_top_k",
    noisy: true,
    route: (scope, x, sizes) => {
      const published = { normalization: "none", noise: "gaussian" } as const;
      return softmaxTopKRouter(scope, x, { ...topK(sizes), ...published });
    },
  },
  {
    name: "hash",
    router: "hash",
    total: 1,
    route: (_, x, sizes) => {
      const numTokens = x.shape[0] as number;
      return hashRouting(tokenPositions(x, numTokens), hashTable(numTokens, topK(sizes)), sizes.E);
    },
  },
  {
    name: "BASE, assigned",
    router: "base",
    route: (scope, x, { E }) => {
      const experts = Array.from({ length: x.shape[0] as number }, (_, n) => (n * n) % E);
      const assigned = constant(x.graph, array(experts, "int64"));
      return baseRouter(scope, x, { numExperts: E, assigned });
    },
  },
  {
    name: "cosine",
    router: "cosine",
    noisy: true,
    total: 1,
    route: (scope, x, sizes) => {
      const options = { projectionWidth: 3, noiseStd: 1, normalization: "sum" } as const;
      return cosineRouter(scope, x, { ...topK(sizes), ...options });
    },
  },
  ...attentiveForms.map(
    ({ name, ...form }): Method => ({
      name,
      router: "attentive",
      total: 1,
      route: (scope, x, sizes) => attentiveRouter(scope, x, { ...topK(sizes), ...form }),
    }),
  ),
  {
    name: "attentive, two samples",
    router: "attentive",
    total: 1,
    route: (scope, x, sizes) => {
      const numTokens = (x.shape[0] as number) / 2;
      const kept = sizes.mask === undefined ? {} : { mask: sizes.mask };
      const options = { form: "attention", pool: "sample", numTokens, ...kept } as const;
      return attentiveRouter(scope, x, { ...topK(sizes), ...options });
    },
  },
  {
    name: "Yuan",
    router: "yuan",
    total: 1,
    route: (scope, x, sizes) => yuanRouter(scope, x, topK(sizes)),
  },
  {
    name: "loss-free bias",
    router: "loss_free_bias",
    total: 2.5,
    route: (scope, x, sizes) => lossFreeBiasRouter(scope, x, { ...topK(sizes), routeScale: 2.5 }),
  },
  {
    name: "loss-free bias, groups where they hold K",
    router: "loss_free_bias",
    total: 1,
    route: (scope, x, sizes) => {
      const grouped = sizes.E % 2 === 0 && sizes.E >= 2 * Math.max(2, sizes.K);
      const groups = grouped ? { numGroups: 2, numSelectedGroups: 1 } : {};
      return lossFreeBiasRouter(scope, x, { ...topK(sizes), ...groups });
    },
  },
  {
    name: "top-p",
    router: "top_p",
    route: (scope, x, { E, K }) =>
      topPRouter(scope, x, { numExperts: E, probability: 0.6, maxSelectedExperts: K }),
  },
  {
    name: "top-p, normalised",
    router: "top_p",
    total: 1,
    route: (scope, x, { E, K }) => {
      const options = { probability: 0.6, maxSelectedExperts: K, normalization: "sum" } as const;
      return topPRouter(scope, x, { numExperts: E, ...options });
    },
  },
];

/** Needs two experts at least, and `K` is 2 whatever is asked for. */
export const secondExpert: readonly Method[] = (["threshold", "random"] as const).map((policy) => ({
  name: `second expert by ${policy}`,
  router: "second_expert",
  route: (scope, x, { E }) =>
    secondExpertRouter(scope, x, { numExperts: E, policy, threshold: 0.35 }),
}));

/** What may stand between a routing of token choice and its experts. */
export interface Placement {
  readonly name: string;
  /** Whether it leaves out what the mask does not keep. */
  readonly padded?: boolean;
  /** The routing that is executed. */
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
      limitCapacity(routing, { capacity: C, priority: "batch", normalize: "after" }),
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
        normalize: "before",
      }),
    dispatcher: droplessDispatcher,
  },
];
