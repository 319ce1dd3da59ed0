/** The routing methods by name, for configuration and documentation. */
import { type RouterName, routerSchemas } from "./config.ts";

/** Which kind of routing a method gives, and so which dispatchers can follow it. */
export type RouterKind = "token-choice" | "expert-choice" | "soft" | "dense";

/** What a reader or a configuration needs to know about a routing method. */
export interface RouterInfo {
  readonly kind: RouterKind;
  readonly description: string;
  readonly paper: string;
  /** Options without a default, besides `num_experts`. */
  readonly required: readonly string[];
  /** Options and their values where none are given; an option without one is left out. */
  readonly defaults: Readonly<Record<string, unknown>>;
}

const methods = {
  dense: {
    kind: "dense",
    description: "Every expert, weighted by a softmax of a linear or MLP gate.",
    paper: "Jacobs et al. 1991",
  },
  switch: {
    kind: "token-choice",
    description: "The most probable expert, weighted by its probability.",
    paper: "arXiv:2101.03961",
  },
  noisy_top_k: {
    kind: "token-choice",
    description: "The best K of logits with learned noise, softmax over those.",
    paper: "arXiv:1701.06538",
  },
  softmax_top_k: {
    kind: "token-choice",
    description: "Softmax over all experts, then the best K; V-MoE with noise and unnormalised.",
    paper: "arXiv:2401.04088, arXiv:2106.05974",
  },
  expert_choice: {
    kind: "expert-choice",
    description: "Each expert takes the tokens that give it the highest probability.",
    paper: "arXiv:2202.09368",
  },
  soft: {
    kind: "soft",
    description: "Slots that are weighted means of all tokens.",
    paper: "arXiv:2308.00951",
  },
  hash: {
    kind: "token-choice",
    description: "A fixed map from word ids or positions to experts, without parameters.",
    paper: "arXiv:2106.04426",
  },
  base: {
    kind: "token-choice",
    description: "One expert per token, equally many tokens per expert in training.",
    paper: "arXiv:2103.16716",
  },
  cosine: {
    kind: "token-choice",
    description: "Cosines of projected tokens and experts with a learned temperature.",
    paper: "arXiv:2204.09179, arXiv:2206.04046",
  },
  attentive: {
    kind: "token-choice",
    description: "Diff-MoE: a linear softmax gate, or attention of tokens to expert keys.",
    paper: "github.com/yaolidong/diff-MoE",
  },
  yuan: {
    kind: "token-choice",
    description: "Attention among the experts' scores of a token, then the best K.",
    paper: "arXiv:2405.17976",
  },
  loss_free_bias: {
    kind: "token-choice",
    description: "Sigmoid scores; a bias that only the choice sees keeps the load even.",
    paper: "arXiv:2408.15664, arXiv:2412.19437",
  },
  top_p: {
    kind: "token-choice",
    description: "As many experts as reach a probability together.",
    paper: "arXiv:2403.07652",
  },
  second_expert: {
    kind: "token-choice",
    description: "Two experts, the second by a policy: all, none, threshold or random.",
    paper: "arXiv:2006.16668",
  },
} as const satisfies Readonly<
  Record<RouterName, Pick<RouterInfo, "kind" | "description" | "paper">>
>;

/** Every routing method. */
export const routers: Readonly<Record<RouterName, RouterInfo>> = Object.fromEntries(
  (Object.keys(methods) as RouterName[]).map((name) => [
    name,
    { ...methods[name], ...optionsOf(name) },
  ]),
) as Record<RouterName, RouterInfo>;

/** Which options must be given, and the values of the others, from the schema. */
function optionsOf(name: RouterName): Pick<RouterInfo, "required" | "defaults"> {
  const options = Object.entries(routerSchemas[name].shape).filter(([key]) => key !== "name");
  const required = options.filter(([, schema]) => !schema.safeParse(undefined).success);
  const defaults = options.flatMap(([key, schema]) => {
    const value = schema.safeParse(undefined).data;
    return value === undefined ? [] : [[key, value] as const];
  });
  return { required: required.map(([key]) => key), defaults: Object.fromEntries(defaults) };
}
