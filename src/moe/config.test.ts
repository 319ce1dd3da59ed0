import { describe, expect, test } from "vitest";
import type * as z from "zod";
import { moeSchema, moeSchemaWith, parseMoe, type moeSchema as Schema } from "./config.ts";
import { createMoe } from "./create-moe.ts";
import { moeSizes } from "./sizes.ts";

type Input = z.input<typeof Schema>;

const messageOf = (input: Input): string | undefined =>
  moeSchema.safeParse(input).error?.issues[0]?.message;

test("defaults of an empty mapping", () => {
  expect(parseMoe()).toEqual({
    numExperts: 8,
    router: {
      name: "softmax_top_k",
      numSelectedExperts: 2,
      normalization: "sum",
      noise: "none",
      noiseScale: 1,
      bias: false,
    },
    dispatch: { name: "dropless" },
    experts: {
      kind: "mlp",
      activation: "gelu",
      mlpRatio: 4,
      bias: true,
      dropout: 0,
      innerNorm: false,
      numShared: 0,
      sharedGate: false,
      granularity: 1,
      initialization: "per_expert",
    },
    losses: [],
    routerPenalty: { l1: 0, l2: 0 },
  });
});

test("parsing resolved settings changes nothing", () => {
  const resolved = moeSchema.parse({
    router: { name: "expert_choice" },
    experts: { kind: "gated", hidden_width: 24 },
    losses: [{ name: "z" }],
  });
  expect(resolved.experts).toMatchObject({ activation: "silu", hidden_width: 24 });
  expect(moeSchema.parse(resolved)).toEqual(resolved);
});

test("keys of older versions have the same meaning as the new ones", () => {
  const old = (moe: object) => parseMoe(moe as Input);
  expect(old({ router: { name: "cosine", noise_std: 1 } })).toEqual(
    parseMoe({ router: { name: "cosine", noise_scale: 1 } }),
  );
  expect(old({ router: { name: "expert_choice", noise_std: 2 } })).toEqual(
    parseMoe({ router: { name: "expert_choice", noise_scale: 2 } }),
  );
  expect(old({ router: { ...topK, noise: "gaussian", noise_std: 2 } })).toEqual(
    parseMoe({ router: { ...topK, noise: "gaussian", noise_scale: 2 } }),
  );
  for (const [normalize, normalization] of [
    [true, "l2"],
    [false, "none"],
  ] as const) {
    expect(old({ router: { name: "soft", normalize } })).toEqual(
      parseMoe({ router: { name: "soft", normalization } }),
    );
  }
  expect(old({ dispatch: { name: "capacity", normalize: "after" } })).toEqual(
    parseMoe({ dispatch: { name: "capacity", normalization: "after" } }),
  );
});

test("the default dispatcher depends on the router", () => {
  const dispatcherOf = (router: Input["router"]) => parseMoe({ router }).dispatch.name;
  expect(dispatcherOf({ name: "switch" })).toBe("dropless");
  expect(dispatcherOf({ name: "expert_choice" })).toBe("expert_choice");
  expect(dispatcherOf({ name: "soft" })).toBe("soft");
  expect(dispatcherOf({ name: "dense" })).toBe("dense");
});

test("granularity multiplies experts and selected experts, and divides their width", () => {
  const settings = parseMoe({
    num_experts: 4,
    router: { name: "softmax_top_k", num_selected_experts: 2 },
    experts: { granularity: 3 },
  });
  expect(moeSizes(settings)).toEqual({
    numExperts: 12,
    numSelectedExperts: 6,
    numActiveExperts: 6,
  });
  const choice = { router: { name: "expert_choice" as const }, num_experts: 4 };
  expect(moeSizes(parseMoe(choice))).toMatchObject({ numSelectedExperts: 4, numActiveExperts: 1 });
  expect(moeSizes(parseMoe({ ...choice, experts: { granularity: 3 } })).numActiveExperts).toBe(3);
});

const topK = { name: "softmax_top_k" as const };
const top1 = { ...topK, num_selected_experts: 1 };

describe("refused with the reason", () => {
  const refused: [string, Input, string][] = [
    [
      "a soft router with a capacity",
      { router: { name: "soft" }, dispatch: { name: "capacity" } },
      "the router soft mixes tokens into slots, which the dispatcher capacity does not support; choose soft",
    ],
    [
      "token choice through expert choice",
      { dispatch: { name: "expert_choice" } },
      "the router softmax_top_k chooses experts for each token, which the dispatcher expert_choice does not support; choose dropless or capacity",
    ],
    [
      "more selected experts than experts",
      { num_experts: 2, router: { ...topK, num_selected_experts: 3 } },
      "num_selected_experts must be between 1 and the number of experts (2), got 3",
    ],
    [
      "one expert with a normalised weight",
      { router: top1 },
      "with one selected expert, its normalised weight is always 1 and the router gets no gradient from the output; choose router.normalization none, or select more experts",
    ],
    [
      "one weight normalised after dropping",
      { router: { name: "switch" }, dispatch: { name: "capacity", normalization: "after" } },
      "choose dispatch.normalization none",
    ],
    [
      "a balance loss on dense routing",
      { router: { name: "dense" }, losses: [{ name: "balance" }] },
      "the loss balance needs choices of tokens that training can balance, but the router dense sends every token to every expert",
    ],
    [
      "a load loss with the noise off",
      { losses: [{ name: "load" }] },
      "the loss load needs noise on the logits, which the router softmax_top_k does not provide with these settings; choose noise gaussian",
    ],
    [
      "a load loss on a router without noise",
      { router: { name: "switch" }, losses: [{ name: "load" }] },
      "the loss load needs noise on the logits, which the router switch does not provide; choose softmax_top_k or noisy_top_k or cosine",
    ],
    [
      "a load loss without a choice",
      {
        num_experts: 2,
        router: { name: "noisy_top_k" },
        losses: [{ name: "load_excluding_self" }],
      },
      "needs fewer selected experts than experts, got 2 of 2",
    ],
    [
      "a loss on hash routing",
      { router: { name: "hash" }, losses: [{ name: "z" }] },
      "the loss z needs a probability of each expert, which the router hash does not provide",
    ],
    [
      "the entropy of top-p elsewhere",
      { losses: [{ name: "top_p_entropy" }] },
      "choose local_entropy",
    ],
    [
      "unequal groups",
      {
        num_experts: 6,
        router: { name: "loss_free_bias", num_groups: 4, num_selected_groups: 2 },
      },
      "2 of 4 groups of 6 experts cannot fit 2 choices",
    ],
    [
      "granularity with a single selected expert",
      { router: { name: "base" }, experts: { granularity: 2 } },
      "the router base always selects 1",
    ],
    [
      "BASE with a capacity",
      { router: { name: "base" }, dispatch: { name: "capacity" } },
      "the router base already gives every expert the same number of tokens",
    ],
    [
      "batch priority of equal gates",
      { router: { name: "hash" }, dispatch: { name: "capacity", priority: "batch" } },
      "batch priority compares the gates of tokens",
    ],
    [
      "the same loss twice",
      { losses: [{ name: "z" }, { name: "z" }] },
      "the loss z is given twice",
    ],
    [
      "entropy of a sigmoid gate",
      { router: { name: "attentive", gate: "sigmoid" }, losses: [{ name: "local_entropy" }] },
      "needs probabilities of sum 1",
    ],
    [
      "a penalty without weights",
      { router: { name: "hash" }, router_penalty: { l2: 0.1 } },
      "the router hash has no weights to penalise",
    ],
    [
      "two widths",
      { experts: { mlp_ratio: 4, hidden_width: 8 } },
      "give either mlp_ratio or hidden_width",
    ],
  ];
  test.each(refused)("%s", (_, input, message) => {
    expect(messageOf(input)).toContain(message);
  });
});

test("issues name their key", () => {
  const { error } = moeSchema.safeParse({ losses: [{ name: "z" }, { name: "load" }] });
  expect(error!.issues[0]!.path).toEqual(["losses", 1]);
});

describe("refused for the model around the layer", () => {
  const cases: [string, Input, object, string][] = [
    [
      "experts that choose in a causal model",
      { router: { name: "expert_choice" } },
      { causal: true, numTokens: 16 },
      "whether an expert selects a token depends on later tokens, which a causal model must not allow",
    ],
    ["slots in a causal model", { router: { name: "soft" } }, { causal: true }, "causal model"],
    [
      "batch priority in a causal model",
      { dispatch: { name: "capacity", priority: "batch" } },
      { causal: true },
      "with batch priority",
    ],
    ["words without ids", { router: { name: "hash" } }, {}, "choose router.key position"],
    ["BASE with padding", { router: { name: "base" } }, { padding: true }, "without padding"],
    [
      "sequences of unknown length",
      { losses: [{ name: "sequence_balance" }] },
      {},
      "need sequences of a known length",
    ],
    [
      "a modality that is not there",
      { losses: [{ name: "local_entropy", modality: "sound" }] },
      { modalities: ["image", "text"] },
      "the modality sound, but this model has image, text",
    ],
    [
      "a width that granularity does not divide",
      { experts: { hidden_width: 10, granularity: 4 } },
      {},
      "a hidden width of 10 cannot be divided into 4 equal parts",
    ],
    [
      "experts without a hidden unit",
      { experts: { mlp_ratio: 0.01 } },
      {},
      "gives experts no hidden unit",
    ],
  ];
  test.each(cases)("%s", (_, input, context, message) => {
    const settings = parseMoe(input);
    expect(() => createMoe(settings, { width: 8, ...context })).toThrow(message);
  });
});

describe("the defaults of a system", () => {
  const schema = moeSchemaWith({
    num_experts: 32,
    router: { name: "softmax_top_k", num_selected_experts: 1, normalization: "none" },
    dispatch: { name: "capacity", priority: "batch" },
    losses: [{ name: "z", weight: 0.5 }],
  });

  test("apply to each missing part", () => {
    const { num_experts, router, dispatch, losses } = schema.parse({ num_experts: 8 });
    expect(num_experts).toBe(8);
    expect(router).toMatchObject({ name: "softmax_top_k", num_selected_experts: 1 });
    expect(dispatch).toMatchObject({ name: "capacity", priority: "batch" });
    expect(losses).toEqual([{ name: "z", weight: 0.5, reduction: "mean" }]);
  });

  test("are replaced if the router does not support that dispatcher", () => {
    const { dispatch } = schema.parse({ router: { name: "expert_choice" } });
    expect(dispatch.name).toBe("expert_choice");
  });
});

test("settings that are not valid are refused with their key", () => {
  const activation = ((x: unknown) => x) as never;
  expect(() => parseMoe({ experts: { activation } })).toThrow(
    /^moe\.experts\.activation: .*"gelu".*"silu"/,
  );
  expect(() => parseMoe({ num_expert: 4 } as never)).toThrow("num_expert");
});
